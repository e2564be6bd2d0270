//! What an operator allows an installed plugin, as plain data: grants and limits, with their places in the file, and the line that
//! would allow what is not allowed yet.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::error::Position;
use crate::glob::glob_matches;
use crate::model::{Inventory, Origin};
use crate::operation::Operation;
use crate::scalar::scalar;

/// What the inventory says of one plugin, by its installed name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Policy {
    /// What it may do; none: nothing is said of it.
    pub grants: Option<Vec<Grant>>,
    /// What it may use.
    pub limits: PluginLimits,
    /// Where its key stands.
    pub at: Position,
    /// Where the key `grants` stands.
    pub grants_at: Option<Position>,
}

/// Some operations of some endpoints of some clusters.
#[derive(Debug, Clone, PartialEq)]
pub struct Grant {
    /// Names of clusters, or globs over them.
    pub clusters: Vec<String>,
    /// The endpoint as the plugin calls it; none: each of its endpoints.
    pub endpoint: Option<String>,
    /// What may be called there.
    pub operations: Vec<Operation>,
    /// Where it stands.
    pub at: Position,
}

/// What a plugin may use, where it differs from the defaults of `trawl_host`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PluginLimits {
    /// Memory of one instance, in bytes.
    pub memory: Option<u64>,
    /// Time that one call may compute.
    pub cpu: Option<Duration>,
    /// Time that one call may take, its requests included.
    pub deadline: Option<Duration>,
    /// Rows of one scan.
    pub rows: Option<u64>,
    /// Bytes of answers that one call may read.
    pub bytes: Option<u64>,
    /// Requests that one call may have under way.
    pub requests_in_flight: Option<u32>,
    /// Time that compiling the component may take.
    pub compile_time: Option<Duration>,
    /// Memory that compiling the component may take, in bytes.
    pub compile_memory: Option<u64>,
}

impl Grant {
    /// Whether it is about this endpoint of this cluster.
    pub fn is_for(&self, cluster: &str, endpoint: &str) -> bool {
        let named = self.endpoint.as_deref().is_none_or(|it| it == endpoint);
        named && self.clusters.iter().any(|it| glob_matches(it, cluster))
    }
}

impl Policy {
    /// The operations that are granted on an endpoint of a cluster.
    pub fn operations<'a>(
        &'a self,
        cluster: &'a str,
        endpoint: &'a str,
    ) -> impl Iterator<Item = &'a Operation> {
        let grants = self.grants.iter().flatten();
        grants
            .filter(move |grant| grant.is_for(cluster, endpoint))
            .flat_map(|grant| &grant.operations)
    }
}

/// Where a plugin's grants stand, or would have to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantPlace {
    plugin: String,
    file: Option<PathBuf>,
    at: Level,
}

/// How much of the way to a plugin's grants is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// No `plugins`.
    Nothing,
    /// `plugins`, and nothing of this one.
    Plugins(Position),
    /// `plugins.NAME` without `grants`.
    Plugin(Position),
    /// `plugins.NAME.grants`.
    Grants(Position),
}

impl Inventory {
    /// What is said of a plugin; nothing by default.
    pub fn policy(&self, plugin: &str) -> Policy {
        self.policies.get(plugin).cloned().unwrap_or_default()
    }

    /// Where grants of a plugin stand, or would have to.
    pub fn grant_place(&self, plugin: &str) -> GrantPlace {
        let file = match &self.origin {
            Origin::File(path) => Some(path.clone()),
            Origin::Kubeconfig(_) | Origin::InCluster(_) => None,
        };
        let at = match (self.policies.get(plugin), self.policies_at) {
            (Some(policy), _) => match policy.grants_at {
                Some(at) => Level::Grants(at),
                None => Level::Plugin(policy.at),
            },
            (None, Some(at)) => Level::Plugins(at),
            (None, None) => Level::Nothing,
        };
        GrantPlace {
            plugin: plugin.to_owned(),
            file,
            at,
        }
    }
}

impl GrantPlace {
    /// The grant of operations of an endpoint on clusters, as it is written in an inventory.
    pub fn line(&self, clusters: &[String], endpoint: &str, operations: &[&Operation]) -> String {
        let clusters: Vec<String> = clusters.iter().map(|it| scalar(it)).collect();
        let operations: Vec<String> = operations.iter().map(|it| format!("\"{it}\"")).collect();
        let grant = format!(
            "{{clusters: [{}], endpoint: {}, operations: [{}]}}",
            clusters.join(", "),
            scalar(endpoint),
            operations.join(", ")
        );
        let plugin = scalar(&self.plugin);
        match self.at {
            Level::Grants(_) => format!("- {grant}"),
            Level::Plugin(_) => format!("grants: [{grant}]"),
            Level::Plugins(_) => format!("{plugin}: {{grants: [{grant}]}}"),
            Level::Nothing => format!("plugins: {{{plugin}: {{grants: [{grant}]}}}}"),
        }
    }
}

/// Where the line goes: `below `plugins.loki.grants` (clusters.yaml:12)`.
impl fmt::Display for GrantPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(file) = &self.file else {
            return formatter
                .write_str("at the top level of a clusters.yaml, of which there is none yet");
        };
        let file = file.display();
        let plugin = &self.plugin;
        match self.at {
            Level::Grants(at) => {
                write!(
                    formatter,
                    "below `plugins.{plugin}.grants` ({file}:{})",
                    at.line
                )
            }
            Level::Plugin(at) => write!(
                formatter,
                "below `plugins.{plugin}`, which has no `grants` ({file}:{})",
                at.line
            ),
            Level::Plugins(at) => write!(
                formatter,
                "below `plugins`, which says nothing of {plugin} ({file}:{})",
                at.line
            ),
            Level::Nothing => write!(
                formatter,
                "at the top level of {file}, which has no `plugins`"
            ),
        }
    }
}
