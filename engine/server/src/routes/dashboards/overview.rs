//! `GET /api/clusters/overview`: the overview, where existing dashboards look for it.

use axum::Json;
use axum::extract::State;

use crate::caller::Caller;
use crate::error::{ApiError, Refusals};
use crate::routes::clusters::overview::{Overview, overview};
use crate::state::AppState;

/// Says how every cluster does.
#[utoipa::path(
    get,
    path = "/api/clusters/overview",
    tag = "dashboards",
    responses((status = 200, description = "Every cluster that exists for the caller, also those that did not answer", body = Overview), Refusals)
)]
pub(crate) async fn dashboard_overview(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Json<Overview>, ApiError> {
    overview(&state, &caller).await.map(Json)
}
