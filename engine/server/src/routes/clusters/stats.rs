//! `GET /api/v1/clusters/{name}/stats`: nodes, pods by phase, namespaces, by queries of trawl itself.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use trawl_exec::Completeness;
use utoipa::ToSchema;

use super::Name;
use crate::caller::Caller;
use crate::error::{ApiError, Refusals};
use crate::own::{self, Asking, Numbers, Own};
use crate::state::AppState;

/// Numbers of a cluster. A number that could not be had is null, never zero.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClusterStats {
    cluster: String,
    nodes: Option<u64>,
    namespaces: Option<u64>,
    pods: Option<u64>,
    /// Pods by their phase.
    pods_by_phase: Option<BTreeMap<String, u64>>,
    /// How complete the numbers are.
    completeness: Completeness,
}

#[derive(Deserialize)]
struct Row {
    phase: Option<String>,
    n: u64,
}

/// Counts what a cluster holds.
#[utoipa::path(
    get,
    path = "/api/v1/clusters/{name}/stats",
    tag = "clusters",
    params(("name" = String, Path, description = "Its name", example = "prod-ap")),
    responses((status = 200, description = "Its numbers, as far as they could be had", body = ClusterStats), Refusals)
)]
pub(crate) async fn cluster_stats(
    State(state): State<AppState>,
    caller: Caller,
    Name(name): Name,
) -> Result<Json<ClusterStats>, ApiError> {
    let cluster = super::find(&super::fleet(&state, &caller), &name)?.name;
    let asking = Asking::begin(&state, &caller).await?;
    let of = |text| asking.numbers::<Row>(Own::of(text).on(&cluster));
    let (nodes, namespaces, pods) = tokio::try_join!(
        of(own::NODE_COUNTS),
        of(own::NAMESPACE_COUNTS),
        of(own::POD_PHASES),
    )?;
    let phases = pods.rows.iter();
    let phases = phases.map(|row| (row.phase.clone().unwrap_or_default(), row.n));
    Ok(Json(ClusterStats {
        nodes: total(&nodes),
        namespaces: total(&namespaces),
        pods: total(&pods),
        pods_by_phase: total(&pods).map(|_| phases.collect()),
        cluster,
        completeness: [namespaces, pods]
            .into_iter()
            .fold(nodes.summary.completeness, |all, it| {
                all.and(it.summary.completeness)
            }),
    }))
}

/// The sum of what a cluster counted; where it told not all, or nothing was asked, nothing is known.
fn total(of: &Numbers<Row>) -> Option<u64> {
    let targets = &of.summary.completeness.targets;
    let told = !targets.is_empty() && targets.iter().all(|it| it.status.answered());
    told.then(|| of.rows.iter().map(|row| row.n).sum())
}
