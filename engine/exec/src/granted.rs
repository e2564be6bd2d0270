//! What a plugin may do on its connections: what it declares, as far as the operator grants it on each cluster. Owns the words for what
//! is missing; what is refused is refused by the endpoint.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use trawl_connect::{Approval, Granted, Grants, Method, Operation, SharedPlace, covers};
use trawl_fleet::{Connection, Inventory, PluginLimits};
use trawl_host::{Limits, types};

use crate::installed::InstalledPlugin;

/// Operations by cluster; none where everything that is declared is granted.
pub type ByCluster = Option<Vec<(String, Vec<Operation>)>>;

/// What is granted on an endpoint of a connection that serves these clusters.
pub fn on(
    inventory: &Inventory,
    plugin: &InstalledPlugin,
    endpoint: &str,
    serves: &[String],
) -> ByCluster {
    let policy = inventory.policies.get(&plugin.name);
    let grants = policy.filter(|policy| policy.grants.is_some());
    if grants.is_none() && plugin.is_bundled() {
        return None;
    }
    let clusters = serves.iter().map(|cluster| {
        let operations = grants
            .into_iter()
            .flat_map(|it| it.operations(cluster, endpoint));
        (cluster.clone(), operations.cloned().collect())
    });
    Some(clusters.collect())
}

/// The same for the endpoint's own check.
pub fn checked(plugin: &str, endpoint: &str, clusters: &ByCluster, place: &SharedPlace) -> Granted {
    match clusters {
        None => Granted::Declared,
        Some(clusters) => Granted::Only(Grants {
            plugin: plugin.to_owned(),
            endpoint: endpoint.to_owned(),
            clusters: clusters.clone(),
            place: place.clone(),
        }),
    }
}

/// What an endpoint may be asked: what it declares, as far as it is granted.
pub fn approved(declared: &types::EndpointDeclaration, granted: Granted) -> Approval {
    Approval {
        operations: operations(declared).collect(),
        granted,
        request_headers: declared.request_headers.clone(),
        response_headers: declared.response_headers.clone(),
    }
}

/// What an endpoint of a connection may be asked by a plugin, for who makes connections without an engine.
pub fn approval(
    inventory: &Inventory,
    plugin: &InstalledPlugin,
    connection: &Connection,
    declared: &types::EndpointDeclaration,
) -> Approval {
    let clusters = on(inventory, plugin, &declared.name, &connection.serves);
    let place = SharedPlace::new(inventory.grant_place(&plugin.name));
    let granted = checked(&plugin.name, &declared.name, &clusters, &place);
    approved(declared, granted)
}

/// What a plugin may use by an inventory, for who loads components without an engine.
pub fn limits_of(inventory: &Inventory, plugin: &str) -> Limits {
    limits(&inventory.policy(plugin).limits)
}

/// Operations that a plugin declares for an endpoint and that are not granted on some clusters where it is used.
#[derive(Debug, Clone, PartialEq)]
pub struct MissingGrant {
    /// The endpoint, as the plugin calls it.
    pub endpoint: String,
    /// The clusters, in the inventory's order.
    pub clusters: Vec<String>,
    /// The operations: `GET /loki/api/v1/query_range`.
    pub operations: Vec<String>,
    /// What would have to be added to the inventory.
    pub line: String,
    /// Where it goes, with file and line.
    pub place: String,
}

impl fmt::Display for MissingGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "add `{}` {}", self.line, self.place)
    }
}

/// What a plugin that declares these endpoints would still have to be granted on its connections.
pub fn missing(
    inventory: &Inventory,
    plugin: &InstalledPlugin,
    declared: &[types::EndpointDeclaration],
) -> Vec<MissingGrant> {
    let is_used = |cluster: &str| {
        let mut connections = inventory.connections_of(cluster);
        connections.any(|connection| connection.plugin == plugin.name)
    };
    let names = inventory.clusters.iter().map(|cluster| &cluster.name);
    let used: Vec<String> = names.filter(|name| is_used(name)).cloned().collect();
    let place = inventory.grant_place(&plugin.name);
    let mut missing = Vec::new();
    for endpoint in declared {
        let Some(granted) = on(inventory, plugin, &endpoint.name, &used) else {
            continue;
        };
        let mut lacking: BTreeMap<Vec<String>, Vec<Operation>> = BTreeMap::new();
        for operation in operations(endpoint) {
            let is_granted =
                |granted: &[Operation]| granted.iter().any(|it| covers(it, &operation));
            let clusters = granted.iter().filter(|(_, it)| !is_granted(it));
            let clusters: Vec<String> = clusters.map(|(name, _)| name.clone()).collect();
            if !clusters.is_empty() {
                lacking.entry(clusters).or_default().push(operation);
            }
        }
        for (clusters, operations) in lacking {
            let listed: Vec<&Operation> = operations.iter().collect();
            missing.push(MissingGrant {
                endpoint: endpoint.name.clone(),
                line: place.line(&clusters, &endpoint.name, &listed),
                place: place.to_string(),
                operations: operations.iter().map(ToString::to_string).collect(),
                clusters,
            });
        }
    }
    missing
}

/// The operations that an endpoint declares.
pub fn operations(declared: &types::EndpointDeclaration) -> impl Iterator<Item = Operation> {
    declared.operations.iter().map(|operation| Operation {
        method: match operation.method {
            types::Method::Get => Method::Get,
            types::Method::Head => Method::Head,
            types::Method::Post => Method::Post,
        },
        path: operation.path.clone(),
        action: operation.action.clone(),
    })
}

/// Refuses operations that no inventory could grant, since they cannot be written there.
///
/// # Errors
/// In words, for the first of them.
pub fn can_be_written(declared: &[types::EndpointDeclaration]) -> Result<(), String> {
    for endpoint in declared {
        for operation in operations(endpoint) {
            let text = operation.to_string();
            let wrong = match text.parse::<Operation>() {
                Ok(read) if read == operation => continue,
                Ok(_) => "it reads as another one".to_owned(),
                Err(wrong) => wrong.to_string(),
            };
            let text: String = text
                .chars()
                .take(200)
                .flat_map(char::escape_debug)
                .collect();
            return Err(format!(
                "its endpoint `{}` declares the operation `{text}`, which cannot be granted: {wrong}",
                endpoint.name
            ));
        }
    }
    Ok(())
}

/// What a plugin may use: the host's defaults where the inventory says nothing.
pub fn limits(given: &PluginLimits) -> Limits {
    let default = Limits::default();
    let time = |given: Option<Duration>, default| given.unwrap_or(default);
    let size = |given: Option<u64>, default: usize| {
        given.map_or(default, |it| usize::try_from(it).unwrap_or(usize::MAX))
    };
    Limits {
        memory: size(given.memory, default.memory),
        cpu: time(given.cpu, default.cpu),
        deadline: time(given.deadline, default.deadline),
        rows: given.rows.unwrap_or(default.rows),
        bytes: given.bytes.unwrap_or(default.bytes),
        requests_in_flight: size(
            given.requests_in_flight.map(u64::from),
            default.requests_in_flight,
        ),
        compile_time: time(given.compile_time, default.compile_time),
        compile_memory: given.compile_memory.unwrap_or(default.compile_memory),
    }
}
