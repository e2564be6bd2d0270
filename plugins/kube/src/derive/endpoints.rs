//! Owns the addresses of endpoints and of their slices: formatEndpoints and formatDiscoveryEndpoints of
//! pkg/printers/internalversion/printers.go, v1.36, without their cut after three.

use serde::Deserialize;

use super::{document, input};
use crate::kinds::Value;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Subset {
    addresses: Vec<Address>,
    not_ready_addresses: Vec<Address>,
    ports: Vec<Port>,
}

#[derive(Deserialize)]
struct Address {
    ip: String,
}

#[derive(Deserialize)]
struct Port {
    port: i64,
}

/// kubectl's ENDPOINTS: each address with each port. Inputs: the subsets.
pub(crate) fn addresses(inputs: &[Option<&str>]) -> Value {
    with_ports(inputs, |subset| &subset.addresses)
}

/// The same of those that are not ready. Inputs: the subsets.
pub(crate) fn not_ready_addresses(inputs: &[Option<&str>]) -> Value {
    with_ports(inputs, |subset| &subset.not_ready_addresses)
}

fn with_ports(inputs: &[Option<&str>], of: fn(&Subset) -> &Vec<Address>) -> Value {
    let subsets: Vec<Subset> = input(inputs, 0).unwrap_or_default();
    let mut found = Vec::new();
    for subset in &subsets {
        // A headless service may have no ports.
        if subset.ports.is_empty() {
            found.extend(of(subset).iter().map(|address| address.ip.clone()));
        }
        for port in &subset.ports {
            let joined = |address: &Address| join_host_port(&address.ip, port.port);
            found.extend(of(subset).iter().map(joined));
        }
    }
    document(&found)
}

/// Go's net.JoinHostPort.
fn join_host_port(host: &str, port: i64) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

#[derive(Deserialize)]
struct Endpoint {
    #[serde(default)]
    addresses: Vec<String>,
    #[serde(default)]
    conditions: Option<Conditions>,
}

#[derive(Deserialize)]
struct Conditions {
    ready: Option<bool>,
}

/// All addresses of a slice. Inputs: its endpoints.
pub(crate) fn slice_addresses(inputs: &[Option<&str>]) -> Value {
    of_slice(inputs, |_| true)
}

/// The addresses of a slice that are ready; one that does not say is (EndpointConditions of discovery/v1). Inputs: its endpoints.
pub(crate) fn ready_slice_addresses(inputs: &[Option<&str>]) -> Value {
    of_slice(inputs, |endpoint| {
        let conditions = endpoint.conditions.as_ref();
        conditions.and_then(|it| it.ready).unwrap_or(true)
    })
}

fn of_slice(inputs: &[Option<&str>], wanted: fn(&Endpoint) -> bool) -> Value {
    let endpoints: Vec<Endpoint> = input(inputs, 0).unwrap_or_default();
    let wanted = endpoints.iter().filter(|endpoint| wanted(endpoint));
    document(&wanted.flat_map(|it| &it.addresses).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_comes_with_every_port() {
        let subsets = r#"[
            {"addresses":[{"ip":"10.0.0.1"},{"ip":"fd00::1"}],"notReadyAddresses":[{"ip":"10.0.0.9"}],
             "ports":[{"port":80,"name":"http"},{"port":443}]},
            {"addresses":[{"ip":"10.0.0.7"}]}]"#;
        assert_eq!(
            addresses(&[Some(subsets)]),
            Value::Json(
                r#"["10.0.0.1:80","[fd00::1]:80","10.0.0.1:443","[fd00::1]:443","10.0.0.7"]"#
                    .into()
            )
        );
        assert_eq!(
            not_ready_addresses(&[Some(subsets)]),
            Value::Json(r#"["10.0.0.9:80","10.0.0.9:443"]"#.into())
        );
        for none in [None, Some("[]"), Some("{}")] {
            assert_eq!(addresses(&[none]), Value::Json("[]".into()));
        }
    }

    #[test]
    fn an_endpoint_that_does_not_say_is_ready() {
        let endpoints = r#"[{"addresses":["10.0.0.1"],"conditions":{"ready":false}},{"addresses":["10.0.0.2","x"],"conditions":{}},
            {"addresses":["10.0.0.3"]},{"addresses":["10.0.0.4"],"conditions":{"ready":true}}]"#;
        assert_eq!(
            slice_addresses(&[Some(endpoints)]),
            Value::Json(r#"["10.0.0.1","10.0.0.2","x","10.0.0.3","10.0.0.4"]"#.into())
        );
        assert_eq!(
            ready_slice_addresses(&[Some(endpoints)]),
            Value::Json(r#"["10.0.0.2","x","10.0.0.3","10.0.0.4"]"#.into())
        );
    }
}
