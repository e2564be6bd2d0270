//! `DELETE /api/v1/running/{id}`: ends a query that runs or waits. A caller ends its own, an operator everybody's. The query's own answer
//! ends with what it has and says that it was cancelled; without rows yet it is an error.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use crate::caller::Caller;
use crate::error::{ApiError, Refusals};
use crate::request;
use crate::state::AppState;

/// Ends a query.
#[utoipa::path(
    delete,
    path = "/api/v1/running/{id}",
    tag = "queries",
    params(("id" = String, Path, format = "uuid", description = "The name of the run, as `Trawl-Query-Id` gives it")),
    responses((status = 204, description = "It is about to end"), Refusals)
)]
pub(crate) async fn cancel(
    State(state): State<AppState>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, ApiError> {
    let Path(id) = id?;
    let id = request::query_id(&id)?;
    let query = state.running.find(id, &caller);
    let query = query.ok_or_else(|| ApiError::no_query("no query of this name runs"))?;
    query.monitor.cancel();
    Ok(StatusCode::NO_CONTENT)
}
