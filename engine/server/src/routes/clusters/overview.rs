//! `GET /api/v1/clusters/overview`: how every cluster does, by queries of trawl itself that ask all clusters at once. A cluster that does not answer is in it,
//! as such.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use trawl_exec::{Target, TargetError};
use utoipa::ToSchema;

use crate::caller::Caller;
use crate::error::{ApiError, Refusals};
use crate::own::{self, Asking, Numbers, Own};
use crate::state::AppState;

/// How the fleet does.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Overview {
    /// In the order of the inventory.
    clusters: Vec<ClusterOverview>,
    /// Of the clusters that answered.
    total_pods: u64,
    /// Of the clusters that answered.
    total_warnings: u64,
}

/// How a cluster does.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClusterOverview {
    name: String,
    region: Option<String>,
    environment: Option<String>,
    /// Null: they could not be counted.
    pods: Option<u64>,
    /// Warning events of the last hour; null: they could not be counted.
    warnings: Option<u64>,
    status: Health,
    /// Why something is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// How a cluster does, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Health {
    /// It answered, without warnings.
    Healthy,
    /// It answered with warnings, or in part, or refused who asks.
    Warning,
    /// It did not answer.
    Unreachable,
}

#[derive(Deserialize)]
struct Row {
    cluster: Option<String>,
    n: u64,
}

/// Says how every cluster does.
#[utoipa::path(
    get,
    path = "/api/v1/clusters/overview",
    tag = "clusters",
    responses((status = 200, description = "Every cluster that exists for the caller, also those that did not answer", body = Overview), Refusals)
)]
pub(crate) async fn clusters_overview(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Json<Overview>, ApiError> {
    overview(&state, &caller).await.map(Json)
}

/// The overview, for every door that shows it.
pub(crate) async fn overview(state: &AppState, caller: &Caller) -> Result<Overview, ApiError> {
    let fleet = super::fleet(state, caller);
    let asking = Asking::begin(state, caller).await?;
    let (pod_phases, events) = tokio::try_join!(
        asking.numbers::<Row>(Own::of(own::POD_PHASES)),
        asking.numbers::<Row>(Own::of(own::WARNINGS)),
    )?;
    let counts = (by_cluster(&pod_phases.rows), by_cluster(&events.rows));
    let clusters: Vec<ClusterOverview> = fleet
        .clusters
        .iter()
        .map(|cluster| {
            let name = cluster.name.as_str();
            let count = |of: &Numbers<Row>, counts: &BTreeMap<&str, u64>| {
                outcome(of, name).map(|()| counts.get(name).copied().unwrap_or(0))
            };
            let (pods, warnings) = (count(&pod_phases, &counts.0), count(&events, &counts.1));
            let error = target(&pod_phases, name).and_then(|it| it.error.as_ref());
            let refused = !pod_phases.exists || error.is_some_and(TargetError::is_refused);
            let status = match (&pods, &warnings) {
                (Ok(_), Ok(0)) => Health::Healthy,
                (Err(_), Err(_)) if !refused => Health::Unreachable,
                _ => Health::Warning,
            };
            let error = pods.as_ref().err().or(warnings.as_ref().err()).cloned();
            ClusterOverview {
                name: cluster.name.clone(),
                region: cluster.region.clone(),
                environment: cluster.environment.clone(),
                pods: pods.ok(),
                warnings: warnings.ok(),
                status,
                error,
            }
        })
        .collect();
    Ok(Overview {
        total_pods: clusters.iter().filter_map(|it| it.pods).sum(),
        total_warnings: clusters.iter().filter_map(|it| it.warnings).sum(),
        clusters,
    })
}

fn by_cluster(rows: &[Row]) -> BTreeMap<&str, u64> {
    let mut counts = BTreeMap::new();
    for row in rows {
        let cluster = row.cluster.as_deref().unwrap_or_default();
        *counts.entry(cluster).or_default() += row.n;
    }
    counts
}

fn target<'a>(of: &'a Numbers<Row>, cluster: &str) -> Option<&'a Target> {
    let mut targets = of.summary.completeness.targets.iter();
    targets.find(|it| it.cluster.as_deref() == Some(cluster))
}

/// Whether a cluster told all of a table, or why not.
fn outcome(of: &Numbers<Row>, cluster: &str) -> Result<(), String> {
    match target(of, cluster) {
        None if !of.exists => Err("there is no such table for this caller".to_owned()),
        None => Err("nothing in the inventory says how its API server is reached".to_owned()),
        Some(target) if target.status.answered() => Ok(()),
        Some(target) => Err(match &target.error {
            Some(error) => format!("{}: {}", error.code, error.message),
            None => "its answer is not complete".to_owned(),
        }),
    }
}
