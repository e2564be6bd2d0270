//! From entries to connections: entries of several clusters that are equal in plugin, endpoint,
//! credential and configuration are one connection, so that the remote is asked once.

use std::collections::HashMap;

use crate::check::{Check, printable};
use crate::entry::Entry;
use crate::error::Position;
use crate::model::{Cluster, Connection, EndpointSpec};

/// Every connection costs a client and a catalog.
pub(crate) const MAX_CONNECTIONS: usize = 10_000;

/// Merges in the order of the file; the first of equal entries gives the name.
pub(crate) fn merge(
    entries: Vec<Entry>,
    clusters: &[Cluster],
    check: &mut Check,
) -> Vec<Connection> {
    let mut connections: Vec<Connection> = Vec::new();
    let mut places: Vec<Position> = Vec::new();
    // Equal entries have an equal address; comparing within an address keeps large files linear.
    let mut by_address: HashMap<(String, String), Vec<usize>> = HashMap::new();
    for entry in entries {
        let address = (entry.plugin.clone(), address(&entry.endpoint).to_owned());
        let same = by_address.entry(address).or_default();
        let equal = same.iter().copied().find(|at| {
            connections
                .get(*at)
                .is_some_and(|connection| equal(connection, &entry))
        });
        match equal.and_then(|at| connections.get_mut(at)) {
            Some(connection) => {
                if entry.shared {
                    connection.name = entry.name;
                }
                connection.serves.extend(entry.serves);
                for (cluster, key) in entry.keys {
                    let known = connection
                        .keys
                        .entry(cluster)
                        .or_insert_with(|| key.clone());
                    if *known != key {
                        check.problem(
                            entry.at,
                            format!("`serves`: a cluster has the key `{}` here and `{}` in an equal connection: expected one key", printable(&key), printable(known)),
                        );
                    }
                }
            }
            None => {
                same.push(connections.len());
                places.push(entry.at);
                connections.push(Connection {
                    name: entry.name,
                    plugin: entry.plugin,
                    serves: entry.serves,
                    keys: entry.keys,
                    endpoint: entry.endpoint,
                    endpoints: entry.endpoints,
                    config: entry.config,
                    places: entry.places,
                });
            }
        }
    }
    let order: HashMap<&str, usize> = clusters
        .iter()
        .enumerate()
        .map(|(at, cluster)| (cluster.name.as_str(), at))
        .collect();
    for connection in &mut connections {
        connection
            .serves
            .retain(|name| order.contains_key(name.as_str()));
        connection
            .serves
            .sort_by_key(|name| order.get(name.as_str()).copied());
        connection.serves.dedup();
    }
    refuse_too_many(&places, check);
    refuse_repeated(&connections, &places, check);
    connections
}

fn address(endpoint: &EndpointSpec) -> &str {
    match endpoint {
        EndpointSpec::Kubernetes(spec) => spec.context.as_deref().unwrap_or_default(),
        EndpointSpec::Http(spec) => &spec.url,
        EndpointSpec::Aws(spec) => [&spec.url, &spec.region]
            .into_iter()
            .flatten()
            .next()
            .map_or("", String::as_str),
        EndpointSpec::Unaddressed => "",
    }
}

fn equal(connection: &Connection, entry: &Entry) -> bool {
    connection.plugin == entry.plugin
        && connection.endpoint == entry.endpoint
        && connection.endpoints == entry.endpoints
        && connection.config == entry.config
}

fn refuse_too_many(places: &[Position], check: &mut Check) {
    if let Some(at) = places.get(MAX_CONNECTIONS) {
        check.problem(
            *at,
            format!(
                "expected at most {MAX_CONNECTIONS} connections, found {}",
                places.len()
            ),
        );
    }
}

fn refuse_repeated(connections: &[Connection], places: &[Position], check: &mut Check) {
    let mut first: HashMap<&str, Position> = HashMap::new();
    for (connection, at) in connections.iter().zip(places) {
        if let Some(before) = first.get(connection.name.as_str()) {
            check.problem(
                *at,
                format!(
                    "the connection `{}` was already named in line {}: expected each name once",
                    connection.name, before.line
                ),
            );
        } else {
            first.insert(&connection.name, *at);
        }
    }
}
