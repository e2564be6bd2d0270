//! From a connection of the inventory to one of the host: its endpoints with what the plugin may call there. It refuses addresses that
//! do not fit what the plugin declares.

use std::collections::BTreeMap;

use trawl_connect::{Endpoint, EndpointOptions, SharedPlace};
use trawl_host::{Connection, ConnectionSpec, Plugin, types};

use crate::error::Error;
use crate::granted::{self, ByCluster};
use crate::sources::Link;

/// What is granted on each endpoint of a connection, by the endpoint's name.
pub(crate) type Granted = BTreeMap<String, ByCluster>;

/// A connection whose endpoints may do what the plugin declares and the operator grants.
///
/// # Errors
/// [`Error::Config`] when an address does not fit what the plugin declares.
pub(crate) fn connect(
    plugin: &Plugin,
    spec: &trawl_fleet::Connection,
    granted: &Granted,
    place: &SharedPlace,
    options: &EndpointOptions,
) -> Result<Connection, Error> {
    names_what_is_there(&plugin.description().endpoints, spec)?;
    let mut endpoints = BTreeMap::new();
    for declared in &plugin.description().endpoints {
        let address = spec
            .endpoint_of(&declared.name, &declared.kind)
            .map_err(|mismatch| Error::Config(mismatch.to_string()))?;
        let by_cluster = granted.get(&declared.name);
        // What nothing is known of is granted nowhere.
        let by_cluster = by_cluster.cloned().unwrap_or_else(|| Some(Vec::new()));
        let granted = granted::checked(&spec.plugin, &declared.name, &by_cluster, place);
        let approval = granted::approved(declared, granted);
        let endpoint = Endpoint::with(address, approval, options.clone());
        endpoints.insert(declared.name.clone(), endpoint);
    }
    Ok(plugin.connect(ConnectionSpec {
        name: spec.name.clone(),
        config: serde_json::Value::Object(spec.config.clone()).to_string(),
        endpoints,
    }))
}

/// An address for an endpoint that the plugin has not would be overlooked, and its requests would go elsewhere.
fn names_what_is_there(
    declared: &[types::EndpointDeclaration],
    spec: &trawl_fleet::Connection,
) -> Result<(), Error> {
    let mut known: Vec<&str> = declared.iter().map(|it| it.name.as_str()).collect();
    if declared.iter().any(|it| it.kind == "aws") {
        // Where roles are assumed: the host's own.
        known.push("sts");
    }
    let unknown = spec
        .endpoints
        .keys()
        .find(|name| !known.contains(&name.as_str()));
    let Some(name) = unknown else {
        return Ok(());
    };
    let nearest = trawl_lang::nearest(name, known.iter().copied());
    let meant = nearest.map_or_else(String::new, |it| format!("; did you mean `{it}`?"));
    Err(Error::Config(format!(
        "connection {}: expected below `endpoints` one of those that {} has ({}), got `{name}`{meant}",
        spec.name,
        spec.plugin,
        known.join(", ")
    )))
}

/// Whether a connection can go on as the other: its clusters may differ, which requests name, as long as the same is granted on them.
pub(crate) fn is_same(link: &Link, spec: &trawl_fleet::Connection, granted: &Granted) -> bool {
    let known = &link.spec;
    known.name == spec.name
        && known.endpoint == spec.endpoint
        && known.endpoints == spec.endpoints
        && known.config == spec.config
        && link.granted == *granted
}
