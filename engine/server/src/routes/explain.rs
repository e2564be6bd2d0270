//! `POST /api/v1/explain`: what a query would ask of whom, without running it. The body is a query's.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use trawl_exec::Explanation;

use crate::error::ApiError;
use crate::request::Body;
use crate::state::AppState;

/// Explains a query.
pub(crate) async fn explain(
    State(state): State<AppState>,
    body: Result<Json<Body>, JsonRejection>,
) -> Result<Json<Explanation>, ApiError> {
    let request = Body::read(body)?.into_request()?;
    let _room = state.room().ok_or_else(ApiError::busy)?;
    Ok(Json(state.engine.explain(request).await?))
}
