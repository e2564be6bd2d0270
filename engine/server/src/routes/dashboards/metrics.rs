//! `GET /api/aci/metrics`: rows of a cluster, as existing dashboards ask for them.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};

use super::{Items, Where};
use crate::caller::Caller;
use crate::error::{ApiError, Refusals};
use crate::own;
use crate::state::AppState;

/// What the pods of a cluster use now, of its metrics API.
#[utoipa::path(
    get,
    path = "/api/aci/metrics",
    tag = "dashboards",
    params(Where),
    responses((status = 200, description = "The rows, and whether they are all", body = Items), Refusals)
)]
pub(crate) async fn dashboard_metrics(
    State(state): State<AppState>,
    caller: Caller,
    wanted: Result<Query<Where>, QueryRejection>,
) -> Result<Json<Items>, ApiError> {
    super::namespaced(own::METRICS, wanted, &state, &caller).await
}
