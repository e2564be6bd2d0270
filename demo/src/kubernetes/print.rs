//! Owns the columns `kubectl get` prints and which printer makes the cells of which kind, after `printers/internalversion`
//! of kube-apiserver. Custom resources say their columns themselves; a kind without columns has NAME and AGE.

mod access;
mod batch;
mod controllers;
mod core;
mod custom;
mod json_path;
mod network;
mod pod;
mod policy;
mod storage;
mod workload;

use serde_json::{Value, json};

use super::resources::Resource;

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
const CREATED: [Column; 2] = [
    NAME,
    column(
        "Created At",
        "CreationTimestamp is a timestamp representing the server time when this object was created.",
    ),
];

/// An object that is printed.
#[derive(Clone, Copy)]
struct Row<'a> {
    object: &'a Value,
    /// What ages are counted to, in seconds since 1970.
    now_s: i64,
}

impl Row<'_> {
    fn name(self) -> Value {
        self.object["metadata"]["name"].clone()
    }

    fn age(self) -> Value {
        json!(age(
            &self.object["metadata"]["creationTimestamp"],
            self.now_s
        ))
    }

    fn spec(&self) -> &Value {
        &self.object["spec"]
    }

    fn status(&self) -> &Value {
        &self.object["status"]
    }
}

/// The cells of an object, one for each column of its kind.
type Cells = fn(Row<'_>) -> Vec<Value>;

/// How a kind of kube-apiserver or of metrics-server is printed.
#[rustfmt::skip]
fn printer(group: &str, plural: &str) -> (&'static [Column], Cells) {
    match (group, plural) {
        ("metrics.k8s.io", "nodes") => (&core::NODE_METRICS, core::node_metrics),
        ("metrics.k8s.io", "pods") => (&core::POD_METRICS, core::pod_metrics),
        (_, "pods") => (&pod::COLUMNS, |row| pod::cells(row.object, row.name(), row.age(), row.now_s)),
        (_, "nodes") => (&core::NODES, core::node),
        (_, "namespaces") => (&core::NAMESPACES, core::namespace),
        (_, "events") => (&core::EVENTS, core::event),
        (_, "configmaps") => (&core::CONFIG_MAPS, core::config_map),
        (_, "secrets") => (&core::SECRETS, core::secret),
        (_, "deployments") => (&workload::DEPLOYMENTS, |row| workload::deployment(row.object, row.name(), row.age())),
        (_, "replicasets") => (&workload::REPLICA_SETS, |row| workload::replica_set(row.object, row.name(), row.age())),
        (_, "services") => (&workload::SERVICES, |row| workload::service(row.object, row.name(), row.age())),
        (_, "statefulsets") => (&controllers::STATEFUL_SETS, controllers::stateful_set),
        (_, "daemonsets") => (&controllers::DAEMON_SETS, controllers::daemon_set),
        (_, "jobs") => (&batch::JOBS, batch::job),
        (_, "cronjobs") => (&batch::CRON_JOBS, batch::cron_job),
        (_, "endpoints") => (&network::ENDPOINTS, network::endpoints),
        (_, "endpointslices") => (&network::ENDPOINT_SLICES, network::endpoint_slice),
        (_, "ingresses") => (&network::INGRESSES, network::ingress),
        (_, "ingressclasses") => (&network::INGRESS_CLASSES, network::ingress_class),
        (_, "networkpolicies") => (&network::NETWORK_POLICIES, network::network_policy),
        (_, "persistentvolumes") => (&storage::VOLUMES, storage::volume),
        (_, "persistentvolumeclaims") => (&storage::CLAIMS, storage::claim),
        (_, "storageclasses") => (&storage::CLASSES, storage::class),
        (_, "volumeattachments") => (&storage::ATTACHMENTS, storage::attachment),
        (_, "horizontalpodautoscalers") => (&policy::AUTOSCALERS, policy::autoscaler),
        (_, "poddisruptionbudgets") => (&policy::BUDGETS, policy::budget),
        (_, "resourcequotas") => (&policy::QUOTAS, policy::quota),
        (_, "priorityclasses") => (&policy::PRIORITY_CLASSES, policy::priority_class),
        (_, "leases") => (&policy::LEASES, policy::lease),
        (_, "serviceaccounts") => (&access::SERVICE_ACCOUNTS, access::service_account),
        (_, "certificatesigningrequests") => (&access::REQUESTS, access::request),
        (_, "rolebindings" | "clusterrolebindings") => (&access::BINDINGS, access::binding),
        (_, "roles" | "clusterroles" | "limitranges" | "customresourcedefinitions") => (&CREATED, |row| {
            vec![row.name(), row.object["metadata"]["creationTimestamp"].clone()]
        }),
        _ => (&NAMED, |row| vec![row.name(), row.age()]),
    }
}

/// `columnDefinitions` of a resource's table.
pub(crate) fn columns(resource: &Resource) -> Vec<Value> {
    if let Some(definition) = resource.definition() {
        return custom::columns(definition, resource.version);
    }
    let (columns, _) = printer(resource.group, resource.plural);
    let describe = |column: &Column| {
        json!({
            "name": column.name, "type": column.kind, "format": if column.name == "Name" { "name" } else { "" },
            "description": column.description, "priority": column.priority,
        })
    };
    columns.iter().map(describe).collect()
}

/// The cells of an object, one for each of its columns. `now_s` is what ages are counted to.
pub(crate) fn cells(resource: &Resource, object: &Value, now_s: i64) -> Vec<Value> {
    if let Some(definition) = resource.definition() {
        return custom::cells(definition, resource.version, object, now_s);
    }
    let (_, cells) = printer(resource.group, resource.plural);
    cells(Row { object, now_s })
}

/// How long ago a timestamp is, or `<unknown>` without one.
fn age(timestamp: &Value, now_s: i64) -> String {
    timestamp.as_str().and_then(parse_s).map_or_else(
        || "<unknown>".to_owned(),
        |then| human_duration(now_s.saturating_sub(then)),
    )
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

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

/// Labels as a selector: `a=1,b=2`, or `<none>`.
fn selector(labels: &Value) -> Value {
    let mut pairs: Vec<String> = labels
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| format!("{name}={}", text(value)))
        .collect();
    pairs.sort();
    or_none(&json!(pairs.join(",")))
}

/// The names and the images of a template's containers.
fn containers(template: &Value) -> [Value; 2] {
    let containers = list(&template["spec"]["containers"]);
    ["name", "image"].map(|member| {
        let values: Vec<&str> = containers
            .iter()
            .map(|container| text(&container[member]))
            .collect();
        json!(values.join(","))
    })
}

const CONTAINERS: Column = wide("Containers", "Names of each container in the template.");
const IMAGES: Column = wide(
    "Images",
    "Images referenced by each container in the template.",
);
const SELECTOR: Column = wide("Selector", "Label selector for pods.");
