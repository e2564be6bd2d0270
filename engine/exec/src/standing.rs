//! How an installed plugin stands: which version serves, what it is not granted, and what a newer one waits for. `trawl plugin list`.

use serde::Serialize;
use trawl_fleet::Inventory;
use trawl_host::Limits;
use utoipa::ToSchema;

use crate::engine::Engine;
use crate::error::Error;
use crate::granted::{self, MissingGrant};
use crate::serving::Held;

/// How a plugin stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// Its installed name.
    pub plugin: String,
    /// The version that serves, by its own description.
    pub version: String,
    /// The SHA-256 of its component, in hexadecimal.
    pub digest: String,
    /// How many connections it has.
    pub connections: usize,
    /// What the inventory grants it; none where it says nothing.
    pub grants: Option<Vec<StandingGrant>>,
    /// What it may use.
    pub limits: PluginLimits,
    /// What it declares and is not granted, with the lines that would grant it.
    pub missing: Vec<MissingGrant>,
    /// The newer version, where it does not serve.
    pub held: Option<Held>,
}

/// Some operations of some endpoints of some clusters, as an inventory grants them.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct StandingGrant {
    /// Names of clusters, or globs over them.
    pub clusters: Vec<String>,
    /// The endpoint as the plugin calls it; none: each of its endpoints.
    pub endpoint: Option<String>,
    /// `GET /loki/api/v1/query_range`.
    pub operations: Vec<String>,
}

/// What a plugin may use.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PluginLimits {
    /// Memory of one instance, in bytes.
    pub memory_bytes: usize,
    /// Time that one call may compute, in milliseconds.
    pub cpu_ms: u128,
    /// Time that one call may take, in milliseconds.
    pub deadline_ms: u128,
    /// Rows of one scan.
    pub rows: u64,
    /// Bytes of answers that one call may read.
    pub bytes: u64,
    /// Requests that one call may have under way.
    pub requests_in_flight: usize,
}

impl From<&Limits> for PluginLimits {
    fn from(limits: &Limits) -> Self {
        Self {
            memory_bytes: limits.memory,
            cpu_ms: limits.cpu.as_millis(),
            deadline_ms: limits.deadline.as_millis(),
            rows: limits.rows,
            bytes: limits.bytes,
            requests_in_flight: limits.requests_in_flight,
        }
    }
}

fn grants(inventory: &Inventory, plugin: &str) -> Option<Vec<StandingGrant>> {
    let policy = inventory.policies.get(plugin)?;
    let grants = policy.grants.as_ref()?.iter().map(|grant| StandingGrant {
        clusters: grant.clusters.clone(),
        endpoint: grant.endpoint.clone(),
        operations: grant.operations.iter().map(ToString::to_string).collect(),
    });
    Some(grants.collect())
}

impl Engine {
    /// How an installed plugin stands; it is loaded for that. `None` when there is no plugin of this name.
    ///
    /// # Errors
    /// When it cannot be loaded, or a connection of it is configured wrongly.
    pub async fn standing(&self, plugin: &str) -> Result<Option<Standing>, Error> {
        let state = self.state();
        let slots = state.sources.slots.iter();
        let installed = slots.map(|slot| &slot.plugin);
        let Some(installed) = installed.into_iter().find(|it| it.name == plugin) else {
            return Ok(None);
        };
        let Some(source) = state.sources.get(plugin).await? else {
            return Ok(None);
        };
        let serving = &source.loaded.plugin;
        let endpoints = &serving.description().endpoints;
        Ok(Some(Standing {
            plugin: plugin.to_owned(),
            version: serving.version().to_owned(),
            digest: serving.digest().to_owned(),
            connections: source.links.len(),
            grants: grants(&state.inventory, plugin),
            limits: PluginLimits::from(&granted::limits_of(&state.inventory, plugin)),
            missing: granted::missing(&state.inventory, installed, endpoints),
            held: source.held.clone(),
        }))
    }
}
