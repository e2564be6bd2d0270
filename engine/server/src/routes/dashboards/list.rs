//! `GET /api/clusters`: the clusters, as existing dashboards list them.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::Caller;
use crate::error::Refusals;
use crate::routes::clusters;
use crate::state::AppState;

/// The clusters and the default.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DashboardClusters {
    clusters: Vec<DashboardCluster>,
    default: Option<String>,
}

/// A cluster.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DashboardCluster {
    name: String,
    region: Option<String>,
    environment: Option<String>,
}

/// Lists the clusters.
#[utoipa::path(
    get,
    path = "/api/clusters",
    tag = "dashboards",
    responses((status = 200, description = "The clusters that exist for the caller", body = DashboardClusters), Refusals)
)]
pub(crate) async fn dashboard_clusters(
    State(state): State<AppState>,
    caller: Caller,
) -> Json<DashboardClusters> {
    let fleet = clusters::fleet(&state, &caller);
    let clusters = fleet.clusters.iter().map(|it| DashboardCluster {
        name: it.name.clone(),
        region: it.region.clone(),
        environment: it.environment.clone(),
    });
    Json(DashboardClusters {
        clusters: clusters.collect(),
        default: fleet.default.clone(),
    })
}
