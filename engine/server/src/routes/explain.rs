//! `POST /api/v1/explain`: what a query would ask of whom, without running it. The body is a query's.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use trawl_exec::Explanation;

use crate::accept;
use crate::caller::Caller;
use crate::error::{ApiError, Refusals};
use crate::request::Body;
use crate::state::AppState;

/// Explains a query.
#[utoipa::path(
    post,
    path = "/api/v1/explain",
    tag = "queries",
    request_body = Body,
    responses((status = 200, description = "What each source would be asked", body = Explanation), Refusals)
)]
pub(crate) async fn explain(
    State(state): State<AppState>,
    caller: Caller,
    body: Result<Json<Body>, JsonRejection>,
) -> Result<Json<Explanation>, ApiError> {
    let body = Body::read(body)?;
    // An explanation has one form; what would be wrong with the query's is wrong here too.
    body.format.as_deref().map(accept::named).transpose()?;
    let request = body.into_request(&caller)?;
    let _room = state.room(&caller).await?;
    Ok(Json(state.engine.explain(request).await?))
}
