//! `GET /api/v1/clusters/{name}/resources`: what nodes and pods use now, as the cluster's metrics API says.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::value::RawValue;
use trawl_exec::{Completeness, Status};
use utoipa::ToSchema;

use super::Name;
use crate::caller::Caller;
use crate::error::{ApiError, Refusals};
use crate::own::{self, Asking, Items, Own};
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
    #[schema(value_type = Vec<Object>)]
    items: Box<RawValue>,
    /// The number after which the items were cut, where they were: there are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    cut_at: Option<u64>,
    /// How complete they are.
    completeness: Completeness,
}

/// Says what a cluster's nodes and pods use now.
#[utoipa::path(
    get,
    path = "/api/v1/clusters/{name}/resources",
    tag = "clusters",
    params(("name" = String, Path, description = "Its name", example = "prod-ap")),
    responses((status = 200, description = "Usage, or that nothing measures it there", body = ClusterResources), Refusals)
)]
pub(crate) async fn cluster_resources(
    State(state): State<AppState>,
    caller: Caller,
    Name(name): Name,
) -> Result<Json<ClusterResources>, ApiError> {
    let cluster = super::find(&super::fleet(&state, &caller), &name)?.name;
    let asking = Asking::begin(&state, &caller).await?;
    let (nodes, pods) = tokio::try_join!(
        asking.items(Own::of(own::NODE_USAGE).on(&cluster)),
        asking.items(Own::of(own::POD_USAGE).on(&cluster)),
    )?;
    Ok(Json(ClusterResources {
        cluster,
        nodes: Usage::of(nodes),
        pods: Usage::of(pods),
    }))
}

impl Usage {
    fn of(items: Items) -> Self {
        let completeness = items.summary.completeness;
        let mut targets = completeness.targets.iter();
        Self {
            available: targets.any(|it| it.status.answered() && it.status != Status::Absent),
            items: items.json,
            cut_at: items.summary.cut_at,
            completeness,
        }
    }
}
