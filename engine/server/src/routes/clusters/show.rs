//! `GET /api/v1/clusters/{name}`: one cluster of the inventory.

use axum::Json;
use axum::extract::State;

use super::{ClusterView, Name};
use crate::caller::Caller;
use crate::error::{ApiError, Refusals};
use crate::state::AppState;

/// Shows a cluster. It is not contacted.
#[utoipa::path(
    get,
    path = "/api/v1/clusters/{name}",
    tag = "clusters",
    params(("name" = String, Path, description = "Its name", example = "prod-ap")),
    responses((status = 200, description = "The cluster", body = ClusterView), Refusals)
)]
pub(crate) async fn show_cluster(
    State(state): State<AppState>,
    caller: Caller,
    Name(name): Name,
) -> Result<Json<ClusterView>, ApiError> {
    let fleet = super::fleet(&state, &caller);
    let cluster = super::find(&fleet, &name)?;
    Ok(Json(ClusterView::of(
        &cluster,
        &fleet,
        &super::known(&state),
    )))
}
