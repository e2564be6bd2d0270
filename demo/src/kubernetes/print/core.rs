//! Owns the rows of nodes, namespaces, events, configuration and what metrics-server knows.

use serde_json::{Value, json};

use super::{AGE, Column, NAME, Row, age, column, count, list, or_none, text, wide};

/// A node's columns.
pub(super) const NODES: [Column; 10] = [
    NAME,
    column("Status", "The status of the node"),
    column("Roles", "The roles of the node"),
    AGE,
    column("Version", "Kubelet Version reported by the node."),
    wide("Internal-IP", "Internal IP of the node"),
    wide("External-IP", "External IP of the node"),
    wide(
        "OS-Image",
        "OS Image reported by the node from /etc/os-release.",
    ),
    wide("Kernel-Version", "Kernel Version reported by the node."),
    wide(
        "Container-Runtime",
        "ContainerRuntime Version reported by the node.",
    ),
];
/// A namespace's columns.
pub(super) const NAMESPACES: [Column; 3] =
    [NAME, column("Status", "The status of the namespace"), AGE];
/// An event's columns.
pub(super) const EVENTS: [Column; 10] = [
    column(
        "Last Seen",
        "The time at which the most recent occurrence of this event was recorded.",
    ),
    column(
        "Type",
        "Type of this event (Normal, Warning), new types could be added in the future",
    ),
    column(
        "Reason",
        "The reason for the transition into the object's current status.",
    ),
    column("Object", "The object that this event is about."),
    wide(
        "Subobject",
        "The part of the object that this event is about.",
    ),
    wide("Source", "The component reporting this event."),
    column(
        "Message",
        "A human-readable description of the status of this operation.",
    ),
    wide(
        "First Seen",
        "The time at which the event was first recorded.",
    ),
    wide("Count", "The number of times this event has occurred."),
    wide("Name", "Name of the event."),
];
/// A configuration's columns.
pub(super) const CONFIG_MAPS: [Column; 3] = [
    NAME,
    count("Data", "Data contains the configuration data."),
    AGE,
];
/// A secret's columns.
pub(super) const SECRETS: [Column; 4] = [
    NAME,
    column(
        "Type",
        "Used to facilitate programmatic handling of secret data.",
    ),
    count("Data", "Data contains the secret data."),
    AGE,
];

/// The columns of what a node uses.
pub(super) const NODE_METRICS: [Column; 4] = [
    NAME,
    column("cpu", "cpu usage"),
    column("memory", "memory usage"),
    column("Window", "The window of the measurement."),
];
/// The columns of what a pod uses.
pub(super) const POD_METRICS: [Column; 4] = NODE_METRICS;

fn members(value: &Value) -> Value {
    json!(value.as_object().map_or(0, serde_json::Map::len))
}

/// A namespace's cells.
pub(super) fn namespace(row: Row<'_>) -> Vec<Value> {
    vec![row.name(), row.status()["phase"].clone(), row.age()]
}

/// A configuration's cells.
pub(super) fn config_map(row: Row<'_>) -> Vec<Value> {
    vec![row.name(), members(&row.object["data"]), row.age()]
}

/// A secret's cells.
pub(super) fn secret(row: Row<'_>) -> Vec<Value> {
    let kind = row.object["type"].clone();
    vec![row.name(), kind, members(&row.object["data"]), row.age()]
}

/// The cells of what a node uses.
pub(super) fn node_metrics(row: Row<'_>) -> Vec<Value> {
    let usage = &row.object["usage"];
    vec![
        row.name(),
        usage["cpu"].clone(),
        usage["memory"].clone(),
        row.object["window"].clone(),
    ]
}

/// The cells of what a pod uses: the sums of its containers.
pub(super) fn pod_metrics(row: Row<'_>) -> Vec<Value> {
    let sum = |member: &str, unit: &str| {
        let total: u64 = list(&row.object["containers"])
            .iter()
            .filter_map(|container| text(&container["usage"][member]).strip_suffix(unit))
            .filter_map(|digits| digits.parse::<u64>().ok())
            .fold(0, u64::saturating_add);
        json!(format!("{total}{unit}"))
    };
    vec![
        row.name(),
        sum("cpu", "n"),
        sum("memory", "Ki"),
        row.object["window"].clone(),
    ]
}

/// A node's cells.
pub(super) fn node(row: Row<'_>) -> Vec<Value> {
    let object = row.object;
    let (spec, status) = (&object["spec"], &object["status"]);
    let ready = list(&status["conditions"])
        .iter()
        .find(|condition| condition["type"] == "Ready");
    let mut state = match ready {
        Some(condition) if condition["status"] == "True" => "Ready".to_owned(),
        Some(_) => "NotReady".to_owned(),
        None => "Unknown".to_owned(),
    };
    if spec["unschedulable"] == json!(true) {
        state.push_str(",SchedulingDisabled");
    }
    let roles: Vec<&str> = object["metadata"]["labels"]
        .as_object()
        .into_iter()
        .flat_map(|labels| labels.keys())
        .filter_map(|label| label.strip_prefix("node-role.kubernetes.io/"))
        .collect();
    let roles = if roles.is_empty() {
        "<none>".to_owned()
    } else {
        roles.join(",")
    };
    let address = |kind: &str| {
        let found = list(&status["addresses"])
            .iter()
            .find(|address| address["type"] == kind);
        or_none(&found.map_or(Value::Null, |address| address["address"].clone()))
    };
    let info = &status["nodeInfo"];
    vec![
        row.name(),
        json!(state),
        json!(roles),
        row.age(),
        info["kubeletVersion"].clone(),
        address("InternalIP"),
        address("ExternalIP"),
        info["osImage"].clone(),
        info["kernelVersion"].clone(),
        info["containerRuntimeVersion"].clone(),
    ]
}

/// An event's cells.
pub(super) fn event(row: Row<'_>) -> Vec<Value> {
    let (object, now_s) = (row.object, row.now_s);
    let involved = &object["involvedObject"];
    let target = format!(
        "{}/{}",
        text(&involved["kind"]).to_lowercase(),
        text(&involved["name"])
    );
    let source = match (
        text(&object["source"]["component"]),
        text(&object["source"]["host"]),
    ) {
        (component, "") => component.to_owned(),
        (component, host) => format!("{component}, {host}"),
    };
    vec![
        json!(age(&object["lastTimestamp"], now_s)),
        object["type"].clone(),
        object["reason"].clone(),
        json!(target),
        json!(text(&involved["fieldPath"])),
        json!(source),
        json!(text(&object["message"]).trim()),
        json!(age(&object["firstTimestamp"], now_s)),
        object["count"].clone(),
        row.name(),
    ]
}
