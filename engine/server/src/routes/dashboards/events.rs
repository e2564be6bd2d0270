//! `GET /api/aci/events`: rows of a cluster, as existing dashboards ask for them.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};

use super::{Items, Where};
use crate::caller::Caller;
use crate::error::{ApiError, Refusals};
use crate::own;
use crate::state::AppState;

/// The events of a cluster.
#[utoipa::path(
    get,
    path = "/api/aci/events",
    tag = "dashboards",
    params(Where),
    responses((status = 200, description = "The rows, and whether they are all", body = Items), Refusals)
)]
pub(crate) async fn dashboard_events(
    State(state): State<AppState>,
    caller: Caller,
    wanted: Result<Query<Where>, QueryRejection>,
) -> Result<Json<Items>, ApiError> {
    super::namespaced(own::EVENTS, wanted, &state, &caller).await
}
