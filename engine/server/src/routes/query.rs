//! `POST /api/v1/query`: a query and its options as JSON; rows and completeness as JSON or NDJSON.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value as Json_;
use trawl_exec::{QueryRequest, Require};

use crate::body::{self, Encoding};
use crate::error::ApiError;
use crate::limits;
use crate::state::AppState;

/// The request body.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    query: String,
    #[serde(default)]
    params: BTreeMap<String, Json_>,
    #[serde(default)]
    clusters: Vec<String>,
    #[serde(default)]
    require: Require,
    timeout_ms: Option<u64>,
    format: Option<String>,
    max_rows: Option<u64>,
}

/// Runs a query; rows leave as they come.
pub(crate) async fn query(
    State(state): State<AppState>,
    headers: HeaderMap,
    body: Result<Json<Body>, JsonRejection>,
) -> Result<Response, ApiError> {
    let Json(body) = body.map_err(|rejection| {
        ApiError::new(rejection.status(), "invalid-request", rejection.body_text())
    })?;
    let encoding = encoding(body.format.as_deref(), &headers)?;
    let room = state.room().ok_or_else(ApiError::busy)?;
    let mut request = QueryRequest {
        params: body.params,
        clusters: body.clusters,
        require: body.require,
        max_rows: Some(body.max_rows.unwrap_or(limits::DEFAULT_MAX_ROWS)),
        ..QueryRequest::new(body.query)
    };
    match body.timeout_ms {
        Some(0) => {
            return Err(ApiError::new(
                StatusCode::BAD_REQUEST,
                "invalid-request",
                "timeout_ms must be above zero",
            ));
        }
        Some(timeout) => request.timeout = Duration::from_millis(timeout),
        None => {}
    }
    let answer = state.engine.query(request).await?;
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
