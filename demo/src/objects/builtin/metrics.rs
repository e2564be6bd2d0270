//! Owns what metrics-server knows: what nodes and pods used a moment ago. It is what Prometheus says of the same
//! containers; a node that is not ready says nothing.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::objects::collection::Draft;
use crate::objects::kinds::Writer;
use crate::objects::node;
use crate::objects::pod;
use crate::objects::usage::{RunningContainer, Usage, running};
use crate::seed::Rng;

/// metrics-server asks every 15 s; this is how old its answer is.
const AGE_S: u64 = 18;
/// What the kubelet and the system use on every node, besides the pods: thousandths of a core, and MiB.
const SYSTEM: ((u64, u64), (u64, u64)) = ((80, 260), (900, 1700));

/// Usage as metrics-server writes it: nanocores, and KiB.
fn quantities(usage: Usage) -> Value {
    json!({
        "cpu": format!("{}n", usage.cpu_micro.saturating_mul(1000)), "memory": format!("{}Ki", usage.memory_bytes / 1024),
    })
}

fn add(total: Usage, usage: Usage) -> Usage {
    Usage {
        cpu_micro: total.cpu_micro.saturating_add(usage.cpu_micro),
        memory_bytes: total.memory_bytes.saturating_add(usage.memory_bytes),
    }
}

/// An object as an aggregated API makes it: no uid, no resource version, only what was asked for.
fn draft(
    writer: &Writer<'_>,
    namespace: &str,
    name: &str,
    labels: Vec<(String, String)>,
    measured: (&str, Value),
) -> Draft {
    let clock = writer.plan.clock;
    let labels: BTreeMap<String, String> = labels.into_iter().collect();
    let mut metadata = Map::new();
    metadata.insert("name".to_owned(), json!(name));
    if !namespace.is_empty() {
        metadata.insert("namespace".to_owned(), json!(namespace));
    }
    metadata.insert("creationTimestamp".to_owned(), json!(clock.ago(0)));
    metadata.insert("labels".to_owned(), json!(labels));
    let window_ms = Rng::keyed(writer.plan.seed, &["window", name]).between(10_000, 20_000);
    let mut rest = Map::new();
    rest.insert("timestamp".to_owned(), json!(clock.ago(AGE_S)));
    rest.insert(
        "window".to_owned(),
        json!(format!("{}.{:03}s", window_ms / 1000, window_ms % 1000)),
    );
    rest.insert(measured.0.to_owned(), measured.1);
    Draft::new(
        namespace.to_owned(),
        name.to_owned(),
        labels,
        Vec::new(),
        metadata,
        rest,
    )
}

fn usage(writer: &Writer<'_>, container: &RunningContainer) -> Usage {
    container.usage(writer.plan.seed, &writer.plan.profile.name)
}

/// What each pod's containers use.
pub(in crate::objects) fn pods(writer: &mut Writer<'_>) {
    let plan = writer.plan;
    let mut containers: BTreeMap<(String, String), Vec<Value>> = BTreeMap::new();
    for container in running(plan) {
        let used = quantities(usage(writer, &container));
        containers
            .entry((container.namespace, container.pod))
            .or_default()
            .push(json!({"name": container.container, "usage": used}));
    }
    for pod in &plan.pods {
        let Some(workload) = plan.workloads.get(pod.workload) else {
            continue;
        };
        let key = (workload.namespace.to_owned(), pod.name.clone());
        if let Some(containers) = containers.remove(&key) {
            let labels = pod::all_labels(workload, plan.node_of(pod));
            let measured = ("containers", json!(containers));
            let draft = draft(writer, workload.namespace, &pod.name, labels, measured);
            writer.extend(vec![draft]);
        }
    }
}

/// What each node uses: its pods and the system.
pub(in crate::objects) fn nodes(writer: &mut Writer<'_>) {
    let plan = writer.plan;
    let mut total: BTreeMap<String, Usage> = BTreeMap::new();
    for container in running(plan) {
        let used = usage(writer, &container);
        total
            .entry(container.node)
            .and_modify(|total| *total = add(*total, used))
            .or_insert(used);
    }
    for node in plan.nodes.iter().filter(|node| node.ready) {
        let mut rng = Rng::keyed(plan.seed, &["system-usage", &node.uid]);
        let ((low_m, high_m), (low_mib, high_mib)) = SYSTEM;
        let system = Usage {
            cpu_micro: rng.between(low_m, high_m).saturating_mul(1000),
            memory_bytes: rng.between(low_mib, high_mib) << 20,
        };
        let used = total
            .get(&node.name)
            .map_or(system, |used| add(*used, system));
        let labels = node::labels(&plan.profile, node);
        let draft = draft(writer, "", &node.name, labels, ("usage", quantities(used)));
        writer.extend(vec![draft]);
    }
}
