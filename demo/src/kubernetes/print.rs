//! Owns the columns `kubectl get` prints and how their cells are made, after `printers/internalversion` of
//! kube-apiserver. A kind without columns of its own has NAME and AGE.

mod pod;
mod workload;

use serde_json::{Value, json};

use crate::clock::{human_duration, parse_s};

/// A column of a kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    /// `string` or `integer`.
    pub(crate) kind: &'static str,
    /// 0 is always shown, 1 with `-o wide`.
    pub(crate) priority: u8,
    pub(crate) description: &'static str,
}

const fn column(name: &'static str, description: &'static str) -> Column {
    Column {
        name,
        kind: "string",
        priority: 0,
        description,
    }
}

const fn wide(name: &'static str, description: &'static str) -> Column {
    Column {
        name,
        kind: "string",
        priority: 1,
        description,
    }
}

const fn count(name: &'static str, description: &'static str) -> Column {
    Column {
        name,
        kind: "integer",
        priority: 0,
        description,
    }
}

const NAME: Column = column("Name", "Name must be unique within a namespace.");
const AGE: Column = column(
    "Age",
    "CreationTimestamp is the server time when this object was created.",
);
const NAMED: [Column; 2] = [NAME, AGE];

const NODES: [Column; 10] = [
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
const NAMESPACES: [Column; 3] = [NAME, column("Status", "The status of the namespace"), AGE];
const EVENTS: [Column; 10] = [
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
const CONFIG_MAPS: [Column; 3] = [
    NAME,
    count("Data", "Data contains the configuration data."),
    AGE,
];
const SECRETS: [Column; 4] = [
    NAME,
    column(
        "Type",
        "Used to facilitate programmatic handling of secret data.",
    ),
    count("Data", "Data contains the secret data."),
    AGE,
];

/// The columns of a resource.
pub(crate) fn columns(plural: &str) -> &'static [Column] {
    match plural {
        "pods" => &pod::COLUMNS,
        "nodes" => &NODES,
        "namespaces" => &NAMESPACES,
        "events" => &EVENTS,
        "deployments" => &workload::DEPLOYMENTS,
        "replicasets" => &workload::REPLICA_SETS,
        "services" => &workload::SERVICES,
        "configmaps" => &CONFIG_MAPS,
        "secrets" => &SECRETS,
        _ => &NAMED,
    }
}

/// The cells of an object, one for each of its columns. `now_s` is what ages are counted to.
pub(crate) fn cells(plural: &str, object: &Value, now_s: i64) -> Vec<Value> {
    let name = object["metadata"]["name"].clone();
    let age = json!(age(&object["metadata"]["creationTimestamp"], now_s));
    match plural {
        "pods" => pod::cells(object, name, age, now_s),
        "nodes" => node(object, name, age),
        "namespaces" => vec![name, object["status"]["phase"].clone(), age],
        "events" => event(object, name, now_s),
        "deployments" => workload::deployment(object, name, age),
        "replicasets" => workload::replica_set(object, name, age),
        "services" => workload::service(object, name, age),
        "configmaps" => vec![name, json!(members(&object["data"])), age],
        "secrets" => vec![
            name,
            object["type"].clone(),
            json!(members(&object["data"])),
            age,
        ],
        _ => vec![name, age],
    }
}

/// How long ago a timestamp is, or `<unknown>` without one.
fn age(timestamp: &Value, now_s: i64) -> String {
    timestamp.as_str().and_then(parse_s).map_or_else(
        || "<unknown>".to_owned(),
        |then| human_duration(now_s.saturating_sub(then)),
    )
}

fn members(value: &Value) -> usize {
    value.as_object().map_or(0, serde_json::Map::len)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A text, or `<none>` where it is missing or empty.
fn or_none(value: &Value) -> Value {
    if text(value).is_empty() {
        json!("<none>")
    } else {
        value.clone()
    }
}

fn node(object: &Value, name: Value, age: Value) -> Vec<Value> {
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
        name,
        json!(state),
        json!(roles),
        age,
        info["kubeletVersion"].clone(),
        address("InternalIP"),
        address("ExternalIP"),
        info["osImage"].clone(),
        info["kernelVersion"].clone(),
        info["containerRuntimeVersion"].clone(),
    ]
}

fn event(object: &Value, name: Value, now_s: i64) -> Vec<Value> {
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
        name,
    ]
}
