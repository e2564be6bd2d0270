//! `POST /api/v1/query`: a query and its options as JSON; rows and completeness as JSON or NDJSON.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value as Json_};
use trawl_exec::{AnswerColumn, Completeness, Stats};
use utoipa::ToSchema;

use crate::body::{self, Encoding};
use crate::caller::Caller;
use crate::error::{ApiError, Refusals};
use crate::request::Body;
use crate::state::AppState;

/// The name of a run.
pub(crate) const QUERY_ID: HeaderName = HeaderName::from_static("trawl-query-id");

/// An answer in one document.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it is written row by row; this is its shape")]
pub(crate) struct Document {
    /// Names and types of the columns.
    columns: Vec<AnswerColumn>,
    /// A row an object, by the names of the columns.
    rows: Vec<Map<String, Json_>>,
    /// How complete it is.
    completeness: Completeness,
    /// Things worth saying.
    warnings: Vec<String>,
    /// What it cost.
    stats: Stats,
    /// How it wishes to be shown.
    #[schema(value_type = Option<trawl_exec::RenderShape>)]
    render: Option<Json_>,
    /// What the comparison with a run without pushdown found.
    verified: Option<String>,
}

/// Runs a query; rows leave as they come.
#[utoipa::path(
    post,
    path = "/api/v1/query",
    tag = "queries",
    request_body = Body,
    responses(
        (
            status = 200,
            description = "The rows as they come, and how complete they are",
            content((Document = "application/json"), (String = "application/x-ndjson")),
            headers(("Trawl-Query-Id" = String, description = "The name of this run"))
        ),
        Refusals
    )
)]
pub(crate) async fn query(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    body: Result<Json<Body>, JsonRejection>,
) -> Result<Response, ApiError> {
    let body = Body::read(body)?;
    let encoding = encoding(body.format.as_deref(), &headers)?;
    let room = state.room().ok_or_else(ApiError::busy)?;
    let request = body.into_request(&caller)?;
    let head = [
        (header::CONTENT_TYPE, encoding.content_type().to_owned()),
        (QUERY_ID, request.id.to_string()),
    ];
    let answer = state.engine.query(request).await?;
    Ok((head, body::stream(answer, encoding, room)).into_response())
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
