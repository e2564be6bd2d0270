//! Owns the rows of endpoints, endpoint slices, ingresses and network policies.

use serde_json::{Value, json};

use super::{AGE, Column, NAME, Row, column, list, or_none, selector, text};

/// So many addresses are printed before the rest is counted.
const SHOWN: usize = 3;

/// The columns of endpoints.
pub(super) const ENDPOINTS: [Column; 3] = [
    NAME,
    column(
        "Endpoints",
        "The set of all endpoints is the union of all subsets.",
    ),
    AGE,
];
/// A slice's columns.
pub(super) const ENDPOINT_SLICES: [Column; 5] = [
    NAME,
    column(
        "AddressType",
        "addressType specifies the type of address carried by this EndpointSlice.",
    ),
    column(
        "Ports",
        "ports specifies the list of network ports exposed by each endpoint in this slice.",
    ),
    column(
        "Endpoints",
        "endpoints is a list of unique endpoints in this slice.",
    ),
    AGE,
];
/// An ingress's columns.
pub(super) const INGRESSES: [Column; 6] = [
    NAME,
    column(
        "Class",
        "The name of the IngressClass resource that should be used for routing configuration.",
    ),
    column(
        "Hosts",
        "Hosts that incoming requests are matched against before the ingress rule",
    ),
    column(
        "Address",
        "Address is a list containing ingress points for the load-balancer",
    ),
    column("Ports", "Ports of TLS configurations that open"),
    AGE,
];
/// An ingress class's columns.
pub(super) const INGRESS_CLASSES: [Column; 4] = [
    NAME,
    column(
        "Controller",
        "Controller that is responsible for handling this class",
    ),
    column(
        "Parameters",
        "A reference to a resource with additional parameters",
    ),
    AGE,
];
/// A network policy's columns.
pub(super) const NETWORK_POLICIES: [Column; 3] = [
    NAME,
    column(
        "Pod-Selector",
        "podSelector selects the pods to which this NetworkPolicy object applies.",
    ),
    AGE,
];

/// The first values, and how many more there are.
fn some(values: &[String]) -> Value {
    let shown = values
        .get(..SHOWN.min(values.len()))
        .unwrap_or_default()
        .join(",");
    match values.len().saturating_sub(SHOWN) {
        0 => or_none(&json!(shown)),
        more => json!(format!("{shown} + {more} more...")),
    }
}

/// The cells of endpoints.
pub(super) fn endpoints(row: Row<'_>) -> Vec<Value> {
    let mut found = Vec::new();
    for subset in list(&row.object["subsets"]) {
        for port in list(&subset["ports"]) {
            found.extend(
                list(&subset["addresses"])
                    .iter()
                    .map(|address| format!("{}:{}", text(&address["ip"]), port["port"])),
            );
        }
    }
    vec![row.name(), some(&found), row.age()]
}

/// A slice's cells.
pub(super) fn endpoint_slice(row: Row<'_>) -> Vec<Value> {
    let ports: Vec<String> = list(&row.object["ports"])
        .iter()
        .map(|port| port["port"].to_string())
        .collect();
    let addresses: Vec<String> = list(&row.object["endpoints"])
        .iter()
        .flat_map(|endpoint| list(&endpoint["addresses"]))
        .map(|address| text(address).to_owned())
        .collect();
    let unset = |value: Value| match value.as_str() {
        Some("<none>") => json!("<unset>"),
        _ => value,
    };
    vec![
        row.name(),
        row.object["addressType"].clone(),
        unset(some(&ports)),
        unset(some(&addresses)),
        row.age(),
    ]
}

/// An ingress's cells.
pub(super) fn ingress(row: Row<'_>) -> Vec<Value> {
    let (spec, status) = (row.spec(), row.status());
    let hosts: Vec<String> = list(&spec["rules"])
        .iter()
        .map(|rule| text(&rule["host"]).to_owned())
        .filter(|host| !host.is_empty())
        .collect();
    let hosts = if hosts.is_empty() {
        json!("*")
    } else {
        some(&hosts)
    };
    let addresses: Vec<&str> = list(&status["loadBalancer"]["ingress"])
        .iter()
        .map(|point| match text(&point["ip"]) {
            "" => text(&point["hostname"]),
            ip => ip,
        })
        .collect();
    let ports = if list(&spec["tls"]).is_empty() {
        "80"
    } else {
        "80, 443"
    };
    vec![
        row.name(),
        or_none(&spec["ingressClassName"]),
        hosts,
        json!(addresses.join(",")),
        json!(ports),
        row.age(),
    ]
}

/// An ingress class's cells.
pub(super) fn ingress_class(row: Row<'_>) -> Vec<Value> {
    let parameters = &row.spec()["parameters"];
    let parameters = match text(&parameters["kind"]) {
        "" => "<none>".to_owned(),
        kind => format!(
            "{kind}.{}/{}",
            text(&parameters["apiGroup"]),
            text(&parameters["name"])
        ),
    };
    vec![
        row.name(),
        row.spec()["controller"].clone(),
        json!(parameters),
        row.age(),
    ]
}

/// A network policy's cells.
pub(super) fn network_policy(row: Row<'_>) -> Vec<Value> {
    vec![
        row.name(),
        selector(&row.spec()["podSelector"]["matchLabels"]),
        row.age(),
    ]
}
