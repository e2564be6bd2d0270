//! From a connection of the inventory to one of the host: its endpoints with what the plugin may call there. It refuses addresses that
//! do not fit what the plugin declares.

use std::collections::BTreeMap;

use trawl_connect::{Approval, Endpoint, EndpointOptions, Method, Operation};
use trawl_host::{Connection, ConnectionSpec, Plugin, types};

use crate::error::Error;

/// A connection whose endpoints may do what the plugin declares: the plugins that ship with trawl are approved with it.
pub(crate) fn connect(
    plugin: &Plugin,
    spec: &trawl_fleet::Connection,
    options: &EndpointOptions,
) -> Result<Connection, Error> {
    names_what_is_there(&plugin.description().endpoints, spec)?;
    let mut endpoints = BTreeMap::new();
    for declared in &plugin.description().endpoints {
        let address = spec
            .endpoint_of(&declared.name, &declared.kind)
            .map_err(|mismatch| Error::Config(mismatch.to_string()))?;
        endpoints.insert(
            declared.name.clone(),
            Endpoint::with(address, approval(declared), options.clone()),
        );
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

fn approval(declared: &types::EndpointDeclaration) -> Approval {
    let operations = declared
        .operations
        .iter()
        .map(|operation| Operation {
            method: match operation.method {
                types::Method::Get => Method::Get,
                types::Method::Head => Method::Head,
                types::Method::Post => Method::Post,
            },
            path: operation.path.clone(),
            action: operation.action.clone(),
        })
        .collect();
    Approval {
        operations,
        request_headers: declared.request_headers.clone(),
        response_headers: declared.response_headers.clone(),
    }
}

/// Whether a connection can go on as the other: its clusters may differ, which requests name.
pub(crate) fn is_same(a: &trawl_fleet::Connection, b: &trawl_fleet::Connection) -> bool {
    a.name == b.name
        && a.endpoint == b.endpoint
        && a.endpoints == b.endpoints
        && a.config == b.config
}
