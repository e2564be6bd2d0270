//! Owns the rows of deployments, replica sets and services.

use serde_json::{Value, json};

use super::{
    AGE, CONTAINERS, Column, IMAGES, NAME, SELECTOR, column, containers, count, list, number,
    or_none, selector, text, wide,
};

/// A deployment's columns.
pub(super) const DEPLOYMENTS: [Column; 8] = [
    NAME,
    column("Ready", "Number of the pod with ready state"),
    count(
        "Up-to-date",
        "Total number of non-terminating pods targeted by this deployment.",
    ),
    count(
        "Available",
        "Total number of available pods targeted by this deployment.",
    ),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
];
/// A replica set's columns.
pub(super) const REPLICA_SETS: [Column; 8] = [
    NAME,
    count("Desired", "Replicas is the number of desired pods."),
    count(
        "Current",
        "Replicas is the most recently observed number of non-terminating pods.",
    ),
    count(
        "Ready",
        "The number of non-terminating pods targeted by this ReplicaSet with a Ready Condition.",
    ),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
];
/// A service's columns.
pub(super) const SERVICES: [Column; 7] = [
    NAME,
    column("Type", "type determines how the Service is exposed."),
    column("Cluster-IP", "clusterIP is the IP address of the service."),
    column(
        "External-IP",
        "externalIPs is a list of IP addresses for which nodes in the cluster will accept traffic.",
    ),
    column(
        "Port(s)",
        "The list of ports that are exposed by this service.",
    ),
    AGE,
    wide(
        "Selector",
        "Route service traffic to pods with label keys and values matching this selector.",
    ),
];

fn template(object: &Value) -> [Value; 3] {
    let [names, images] = containers(&object["spec"]["template"]);
    let selector = selector(&object["spec"]["selector"]["matchLabels"]);
    [names, images, selector]
}

/// A deployment's cells.
pub(super) fn deployment(object: &Value, name: Value, age: Value) -> Vec<Value> {
    let (spec, status) = (&object["spec"], &object["status"]);
    let ready = format!(
        "{}/{}",
        number(&status["readyReplicas"]),
        number(&spec["replicas"])
    );
    let [containers, images, selector] = template(object);
    let (updated, available) = (
        number(&status["updatedReplicas"]),
        number(&status["availableReplicas"]),
    );
    vec![
        name,
        json!(ready),
        json!(updated),
        json!(available),
        age,
        containers,
        images,
        selector,
    ]
}

/// A replica set's cells.
pub(super) fn replica_set(object: &Value, name: Value, age: Value) -> Vec<Value> {
    let status = &object["status"];
    let [containers, images, selector] = template(object);
    let counts = [
        &object["spec"]["replicas"],
        &status["replicas"],
        &status["readyReplicas"],
    ]
    .map(|value| json!(number(value)));
    let [desired, current, ready] = counts;
    vec![
        name, desired, current, ready, age, containers, images, selector,
    ]
}

/// A service's cells.
pub(super) fn service(object: &Value, name: Value, age: Value) -> Vec<Value> {
    let spec = &object["spec"];
    let ports: Vec<String> = list(&spec["ports"])
        .iter()
        .map(|port| match port["nodePort"].as_u64() {
            Some(node_port) => format!("{}:{node_port}/{}", port["port"], text(&port["protocol"])),
            None => format!("{}/{}", port["port"], text(&port["protocol"])),
        })
        .collect();
    let external: Vec<&str> = list(&spec["externalIPs"]).iter().map(text).collect();
    vec![
        name,
        spec["type"].clone(),
        or_none(&spec["clusterIP"]),
        or_none(&json!(external.join(","))),
        or_none(&json!(ports.join(","))),
        age,
        selector(&spec["selector"]),
    ]
}
