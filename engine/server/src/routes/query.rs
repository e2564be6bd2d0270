//! `POST /api/v1/query`: a query and its options as JSON; rows and what the answer ends with in one of the encodings.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Map, Value as Json_};
use trawl_exec::{AnswerColumn, Completeness, Stats};
use utoipa::ToSchema;

use crate::answering::{self, Wanted};
use crate::caller::Caller;
use crate::error::{ApiError, Refusals};
use crate::request::Body;
use crate::state::AppState;

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
    /// The rows after which `max_rows` cut it, where it did.
    cut_at: Option<u64>,
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
            content(
                (Document = "application/json"),
                (String = "application/x-ndjson"),
                (String = "text/csv"),
                (String = "application/vnd.apache.arrow.stream"),
                (String = "text/event-stream")
            ),
            headers(
                ("Trawl-Query-Id" = String, description = "The name of this run"),
                ("Trawl-Completeness" = Option<String>, description = "With CSV: what the answer ended with, as JSON on one line")
            )
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
    let wanted = Wanted::of(body.format.as_deref(), &headers)?;
    let request = body.into_request(&caller)?;
    Ok(answering::answer(&state, &caller, request, wanted).await)
}
