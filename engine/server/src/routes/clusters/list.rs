//! `GET /api/v1/clusters`: the clusters of the inventory, registered ones among them.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::ClusterView;
use crate::caller::{Caller, Role};
use crate::error::Refusals;
use crate::state::AppState;

/// All clusters that exist for the caller.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClusterList {
    /// In the order of the inventory, registered ones last.
    clusters: Vec<ClusterView>,
    /// The cluster that is meant where none is named.
    default: Option<String>,
    /// What of the inventory is not used, and why; for operators who see all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    problems: Option<Vec<String>>,
}

/// Lists the clusters. None is contacted.
#[utoipa::path(
    get,
    path = "/api/v1/clusters",
    tag = "clusters",
    responses((status = 200, description = "The clusters that exist for the caller", body = ClusterList), Refusals)
)]
pub(crate) async fn list_clusters(
    State(state): State<AppState>,
    caller: Caller,
) -> Json<ClusterList> {
    let fleet = super::fleet(&state, &caller);
    let known = super::known(&state);
    let clusters = fleet.clusters.iter();
    Json(ClusterList {
        clusters: clusters
            .map(|it| ClusterView::of(it, &fleet, &known))
            .collect(),
        default: fleet.default.clone(),
        problems: state
            .registry
            .as_ref()
            .filter(|_| caller.role >= Role::Operator && caller.scope.is_everything())
            .map(|it| it.problems()),
    })
}
