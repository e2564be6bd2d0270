//! `POST /api/v1/query`: a query and its options as JSON; rows and completeness as JSON or NDJSON.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::body::{self, Encoding};
use crate::error::ApiError;
use crate::request::Body;
use crate::state::AppState;

/// Runs a query; rows leave as they come.
pub(crate) async fn query(
    State(state): State<AppState>,
    headers: HeaderMap,
    body: Result<Json<Body>, JsonRejection>,
) -> Result<Response, ApiError> {
    let body = Body::read(body)?;
    let encoding = encoding(body.format.as_deref(), &headers)?;
    let room = state.room().ok_or_else(ApiError::busy)?;
    let answer = state.engine.query(body.into_request()?).await?;
    let content_type = [(header::CONTENT_TYPE, encoding.content_type())];
    Ok((content_type, body::stream(answer, encoding, room)).into_response())
}

fn encoding(format: Option<&str>, headers: &HeaderMap) -> Result<Encoding, ApiError> {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("*/*");
    match format {
        Some("json") => Ok(Encoding::Json),
        Some("ndjson") => Ok(Encoding::Ndjson),
        Some(other) => {
            let message = format!("`format` is `json` or `ndjson`, not `{other}`");
            Err(ApiError::new(
                StatusCode::BAD_REQUEST,
                "invalid-request",
                message,
            ))
        }
        None if accept.contains("application/x-ndjson") => Ok(Encoding::Ndjson),
        None if ["application/json", "application/*", "*/*"]
            .iter()
            .any(|known| accept.contains(known)) =>
        {
            Ok(Encoding::Json)
        }
        None => {
            let message =
                format!("answers are application/json or application/x-ndjson, not `{accept}`");
            Err(ApiError::new(
                StatusCode::NOT_ACCEPTABLE,
                "not-acceptable",
                message,
            ))
        }
    }
}
