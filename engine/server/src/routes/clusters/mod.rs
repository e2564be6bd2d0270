//! Clusters: what there is, and what is registered. Everything here shows a caller the part of the fleet that exists for it, by
//! [`fleet`] and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Serialize;
use trawl_fleet::{Cluster, Inventory};
use trawl_state::StoredCluster;
use utoipa::ToSchema;

use crate::caller::Caller;
use crate::error::ApiError;
use crate::registry::{Known, Registry};
use crate::state::AppState;

pub(crate) mod choose;
pub(crate) mod list;
pub(crate) mod overview;
pub(crate) mod register;
pub(crate) mod remove;
pub(crate) mod resources;
pub(crate) mod show;
pub(crate) mod stats;

/// A cluster as the inventory has it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClusterView {
    /// Its name in queries.
    name: String,
    /// As the cloud calls it.
    region: Option<String>,
    /// `production`, `staging`, `development` or another word.
    environment: Option<String>,
    /// The cloud account that owns it.
    account: Option<String>,
    /// Free labels, `tags.KEY` in queries.
    tags: BTreeMap<String, String>,
    /// The plugins that it has a connection to.
    plugins: Vec<String>,
    /// Whether it is the default.
    default: bool,
    /// What is known of it beyond a cluster of the inventory's file.
    registered: Option<RegisteredView>,
}

/// What is known of a registered cluster.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RegisteredView {
    /// The context of its kubeconfig.
    context: Option<String>,
    /// What its API server said its version is, when it was registered.
    version: Option<String>,
    /// Nodes that it had then; null: its credential may not list them.
    nodes: Option<i64>,
    /// When, in RFC 3339.
    at: String,
    /// The name of the caller who did it.
    by: String,
    /// Why it cannot be reached, where that is known without asking it.
    problem: Option<String>,
}

/// The name of a cluster in a path, whatever characters it has.
pub(crate) struct Name(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(name) = Path::from_request_parts(parts, state).await?;
        Ok(Self(name))
    }
}

/// The fleet that exists for a caller.
pub(crate) fn fleet(state: &AppState, caller: &Caller) -> Arc<Inventory> {
    state.engine.inventory_within(&caller.scope)
}

/// The cluster of this name, if it exists for the caller.
pub(crate) fn find(fleet: &Inventory, name: &str) -> Result<Cluster, ApiError> {
    fleet.cluster(name).cloned().ok_or_else(|| missing(name))
}

/// There is none of this name, or not for this caller: the same words.
pub(crate) fn missing(name: &str) -> ApiError {
    let shown: String = name.chars().take(80).collect();
    let message = format!("there is no cluster `{shown}`; GET /api/v1/clusters lists them");
    ApiError::new(StatusCode::NOT_FOUND, "not-found", message)
}

/// What is registered, where anything can be.
pub(crate) fn registry(state: &AppState) -> Result<&Arc<Registry>, ApiError> {
    state.registry.as_ref().ok_or_else(|| {
        ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "no-state",
            "this server keeps no state: clusters cannot be registered",
        )
    })
}

/// What is known of registered clusters.
pub(crate) fn known(state: &AppState) -> Arc<Known> {
    let registry = state.registry.as_ref();
    registry.map(|it| it.known()).unwrap_or_default()
}

impl ClusterView {
    /// A cluster of a fleet.
    pub(crate) fn of(cluster: &Cluster, fleet: &Inventory, known: &Known) -> Self {
        let mut plugins: Vec<String> = fleet
            .connections_of(&cluster.name)
            .map(|it| it.plugin.clone())
            .collect();
        plugins.sort_unstable();
        plugins.dedup();
        let guarded = fleet
            .connections_of(&cluster.name)
            .any(trawl_fleet::Connection::is_guarded);
        let row = known.clusters.iter().find(|it| it.name == cluster.name);
        Self {
            name: cluster.name.clone(),
            region: cluster.region.clone(),
            environment: cluster.environment.clone(),
            account: cluster.account.clone(),
            tags: cluster.tags.clone(),
            plugins,
            default: fleet.default.as_deref() == Some(cluster.name.as_str()),
            // One of the file with the same name is another cluster.
            registered: row.filter(|_| guarded).map(RegisteredView::of),
        }
    }
}

impl RegisteredView {
    fn of(row: &StoredCluster) -> Self {
        Self {
            context: row.context.clone(),
            version: row.version.clone(),
            nodes: row.nodes,
            at: rfc3339(row.registered_at),
            by: row.registered_by.clone(),
            problem: row.secret.as_ref().err().map(ToString::to_string),
        }
    }
}

/// Milliseconds since the Unix epoch as RFC 3339.
fn rfc3339(milliseconds: i64) -> String {
    use time::OffsetDateTime;
    use time::format_description::well_known::Rfc3339;
    let nanoseconds = i128::from(milliseconds) * 1_000_000;
    let moment = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok();
    let text = moment.and_then(|moment| moment.format(&Rfc3339).ok());
    text.unwrap_or_default()
}
