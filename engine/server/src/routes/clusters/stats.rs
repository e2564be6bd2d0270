//! `GET /api/v1/clusters/{name}/stats`: nodes, pods by phase, namespaces, by one query of trawl itself.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use trawl_exec::{Completeness, Status};
use utoipa::ToSchema;

use super::Name;
use crate::caller::Caller;
use crate::error::{ApiError, Refusals};
use crate::own::{self, Own};
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
    what: String,
    phase: Option<String>,
    n: u64,
}

/// Counts what a cluster holds.
#[utoipa::path(
    get,
    path = "/api/v1/clusters/{name}/stats",
    tag = "clusters",
    params(("name" = String, Path, description = "Its name")),
    responses((status = 200, description = "Its numbers, as far as they could be had", body = ClusterStats), Refusals)
)]
pub(crate) async fn cluster_stats(
    State(state): State<AppState>,
    caller: Caller,
    Name(name): Name,
) -> Result<Json<ClusterStats>, ApiError> {
    let cluster = super::find(&super::fleet(&state, &caller), &name)?.name;
    let query = Own::of(own::STATS).on(&cluster);
    let (rows, summary) = query.rows::<Row>(&state, &caller).await?;
    let completeness = summary.completeness;
    let answered = |table: &str| {
        let targets = completeness.targets.iter();
        let mut outcomes = targets.filter(|it| it.table == table).map(|it| it.status);
        // Where nothing was asked nothing is known.
        let first = outcomes.next();
        first.is_some_and(Status::answered) && outcomes.all(Status::answered)
    };
    let total = |what: &str| {
        let of = rows.iter().filter(|row| row.what == what);
        answered(what).then(|| of.map(|row| row.n).sum())
    };
    let phases = rows.iter().filter(|row| row.what == "pods");
    let phases = phases.map(|row| (row.phase.clone().unwrap_or_default(), row.n));
    Ok(Json(ClusterStats {
        nodes: total("nodes"),
        namespaces: total("namespaces"),
        pods: total("pods"),
        pods_by_phase: answered("pods").then(|| phases.collect()),
        cluster,
        completeness,
    }))
}
