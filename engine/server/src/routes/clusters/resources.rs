//! `GET /api/v1/clusters/{name}/resources`: what nodes and pods use now, as the cluster's metrics API says.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Map, Value as Json_};
use trawl_exec::{Completeness, Status};
use utoipa::ToSchema;

use super::Name;
use crate::caller::Caller;
use crate::error::{ApiError, Refusals};
use crate::own::{self, Own};
use crate::state::AppState;

/// Usage of a cluster.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClusterResources {
    cluster: String,
    nodes: Usage,
    pods: Usage,
}

/// Usage of one kind of object.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Usage {
    /// Whether the cluster has a metrics API that says it. Without one there are no items, and that is all that is known.
    available: bool,
    /// `{cluster, name, timestamp, cpu, memory}`, pods with their namespace; CPU in cores, memory in bytes.
    items: Vec<Map<String, Json_>>,
    /// How complete they are.
    completeness: Completeness,
}

/// Says what a cluster's nodes and pods use now.
#[utoipa::path(
    get,
    path = "/api/v1/clusters/{name}/resources",
    tag = "clusters",
    params(("name" = String, Path, description = "Its name")),
    responses((status = 200, description = "Usage, or that nothing measures it there", body = ClusterResources), Refusals)
)]
pub(crate) async fn cluster_resources(
    State(state): State<AppState>,
    caller: Caller,
    Name(name): Name,
) -> Result<Json<ClusterResources>, ApiError> {
    let cluster = super::find(&super::fleet(&state, &caller), &name)?.name;
    let nodes = usage(own::NODE_USAGE, &cluster, &state, &caller);
    let pods = usage(own::POD_USAGE, &cluster, &state, &caller);
    let (nodes, pods) = tokio::join!(nodes, pods);
    Ok(Json(ClusterResources {
        cluster,
        nodes: nodes?,
        pods: pods?,
    }))
}

async fn usage(
    text: &'static str,
    cluster: &str,
    state: &AppState,
    caller: &Caller,
) -> Result<Usage, ApiError> {
    let (items, summary) = Own::of(text).on(cluster).rows(state, caller).await?;
    let completeness = summary.completeness;
    let mut targets = completeness.targets.iter();
    Ok(Usage {
        available: targets.any(|it| it.status.answered() && it.status != Status::Absent),
        items,
        completeness,
    })
}
