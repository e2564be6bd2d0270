//! `GET /api/v1/results/{id}/completeness`: what an answer ended with, for who could not read it where it stood. Only who asked sees it,
//! and for some minutes.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use trawl_exec::Summary;

use crate::caller::Caller;
use crate::error::{ApiError, Refusals};
use crate::limits;
use crate::request;
use crate::state::AppState;

/// Says what an answer ended with.
#[utoipa::path(
    get,
    path = "/api/v1/results/{id}/completeness",
    tag = "queries",
    params(("id" = String, Path, format = "uuid", description = "The name of the run, as `Trawl-Query-Id` gives it")),
    responses((status = 200, description = "What the answer ended with", body = Summary), Refusals)
)]
pub(crate) async fn completeness(
    State(state): State<AppState>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let Path(id) = id?;
    let id = request::query_id(&id)?;
    let found = state.results.find(id, &caller);
    let summary = found.ok_or_else(|| {
        ApiError::no_query(&format!(
            "no answer of this name has ended within {} minutes, or others did since",
            limits::KEPT_RESULTS_FOR.as_secs() / 60
        ))
    })?;
    Ok(([(header::CONTENT_TYPE, "application/json")], summary).into_response())
}
