//! Owns what the own columns of recorded objects must be, read by hand from plain JSON; shares nothing with the plugin.

mod running;

use serde_json::{Map, Value, json};

use running::{autoscaler, cron_job, job, node, pod};

/// The value at a path of keys, null where there is none.
fn at(item: &Value, path: &str) -> Value {
    let found = path.split('.').fold(item, |value, key| &value[key]);
    found.clone()
}

/// A count that is left out when it is zero.
fn zero(item: &Value, path: &str) -> Value {
    match at(item, path) {
        Value::Null => json!(0),
        count => count,
    }
}

/// A truth value that is left out when it is false.
fn no(item: &Value, path: &str) -> Value {
    json!(at(item, path) == json!(true))
}

/// One member of each object in a list.
fn each(item: &Value, path: &str, member: &str) -> Value {
    let list = at(item, path);
    let objects = list.as_array().into_iter().flatten();
    objects.map(|object| object[member].clone()).collect()
}

fn itself(kind: &str, item: &Value) -> Value {
    json!({"kind": kind, "name": item["metadata"]["name"]})
}

/// What a workload with a pod template has.
fn template(item: &Value, containers: &str) -> Value {
    json!({
        "containers": each(item, containers, "name"),
        "images": each(item, containers, "image"),
        "selector": at(item, "spec.selector.matchLabels"),
    })
}

/// The kind's own columns of an object.
pub fn own(table: &str, item: &Value) -> Map<String, Value> {
    let mut columns = Map::new();
    for part in parts(table, item) {
        columns.extend(part.as_object().unwrap().clone());
    }
    // No recorded kind with conditions but these lacks the column.
    if !["configmaps", "cronjobs", "events", "ingresses", "services"].contains(&table) {
        let conditions = at(item, "status.conditions");
        let states = conditions.as_array().into_iter().flatten().map(|it| {
            let of = it["type"].as_str().unwrap().to_owned();
            (of, it["status"].clone())
        });
        columns.insert("conditions".to_owned(), Value::Object(states.collect()));
    }
    // Tables have these documents where the kind has them.
    for document in ["spec", "status"] {
        if !["configmaps", "events"].contains(&table) {
            columns.insert(document.to_owned(), item[document].clone());
        }
    }
    columns
}

fn parts(table: &str, item: &Value) -> Vec<Value> {
    let containers = "spec.template.spec.containers";
    let replicas = |of: &str| zero(item, &format!("status.{of}"));
    let ready = || format!("{}/{}", replicas("readyReplicas"), item["spec"]["replicas"]);
    match table {
        "configmaps" => vec![configmap(item)],
        "cronjobs" => {
            let containers = "spec.jobTemplate.spec.template.spec.containers";
            let mut template = template(item, containers);
            template.as_object_mut().unwrap().remove("selector");
            vec![cron_job(item), template]
        }
        "customresourcedefinitions" => vec![definition(item)],
        "daemonsets" => vec![
            json!({
                "replicas": replicas("desiredNumberScheduled"),
                "current_replicas": replicas("currentNumberScheduled"),
                "ready_replicas": replicas("numberReady"),
                "updated_replicas": replicas("updatedNumberScheduled"),
                "available_replicas": replicas("numberAvailable"),
                "misscheduled": replicas("numberMisscheduled"),
                "node_selector": at(item, "spec.template.spec.nodeSelector"),
                "workload": itself("DaemonSet", item),
            }),
            template(item, containers),
        ],
        "deployments" => vec![
            json!({
                "ready": ready(),
                "replicas": at(item, "spec.replicas"),
                "ready_replicas": replicas("readyReplicas"),
                "updated_replicas": replicas("updatedReplicas"),
                "available_replicas": replicas("availableReplicas"),
                "paused": no(item, "spec.paused"),
                "strategy": at(item, "spec.strategy.type"),
                "workload": itself("Deployment", item),
            }),
            template(item, containers),
        ],
        "events" => vec![event(item)],
        "horizontalpodautoscalers" => vec![autoscaler(item)],
        "ingresses" => vec![ingress(item)],
        "jobs" => vec![job(item), template(item, containers)],
        "namespaces" => vec![json!({"phase": at(item, "status.phase")})],
        "nodes" => vec![node(item)],
        "persistentvolumeclaims" => vec![volume_claim(item)],
        "pods" => vec![pod(item)],
        "replicasets" => vec![
            json!({
                "replicas": at(item, "spec.replicas"),
                "current_replicas": replicas("replicas"),
                "ready_replicas": replicas("readyReplicas"),
                "available_replicas": replicas("availableReplicas"),
                // Every recorded one is a deployment's.
                "workload": {
                    "kind": "Deployment",
                    "name": item["metadata"]["ownerReferences"][0]["name"],
                },
            }),
            template(item, containers),
        ],
        "services" => vec![service(item)],
        "statefulsets" => vec![
            json!({
                "ready": ready(),
                "replicas": at(item, "spec.replicas"),
                "current_replicas": replicas("currentReplicas"),
                "ready_replicas": replicas("readyReplicas"),
                "updated_replicas": replicas("updatedReplicas"),
                "available_replicas": replicas("availableReplicas"),
                "service": at(item, "spec.serviceName"),
                "workload": itself("StatefulSet", item),
            }),
            template(item, containers),
        ],
        other => panic!("{other} was recorded, and nothing says what its columns must be"),
    }
}

fn configmap(item: &Value) -> Value {
    let size = |key: &str| item[key].as_object().map_or(0, Map::len);
    let binary = item["binaryData"].as_object().into_iter().flatten();
    json!({
        "data_count": size("data") + size("binaryData"),
        "data": at(item, "data"),
        "binary_keys": binary.map(|(key, _)| key.clone()).collect::<Vec<_>>(),
        "immutable": no(item, "immutable"),
    })
}

fn definition(item: &Value) -> Value {
    let versions = at(item, "spec.versions");
    let versions = versions.as_array().unwrap();
    let named = |flag: &str| {
        let having = versions.iter().filter(|it| it[flag] == json!(true));
        having.map(|it| it["name"].clone()).collect::<Vec<_>>()
    };
    let conditions = at(item, "status.conditions");
    let established = conditions
        .as_array()
        .unwrap()
        .iter()
        .any(|it| it["type"] == "Established" && it["status"] == "True");
    json!({
        "group": at(item, "spec.group"),
        "kind": at(item, "spec.names.kind"),
        "plural": at(item, "spec.names.plural"),
        "scope": at(item, "spec.scope"),
        "versions": named("served"),
        "storage_version": named("storage")[0],
        "short_names": at(item, "spec.names.shortNames"),
        "established": established,
    })
}

fn event(item: &Value) -> Value {
    json!({
        // None of the recorded has a series.
        "timestamp": at(item, "lastTimestamp"),
        "type": at(item, "type"),
        "reason": at(item, "reason"),
        "message": at(item, "message"),
        "count": at(item, "count"),
        "involved_kind": at(item, "involvedObject.kind"),
        "involved_namespace": at(item, "involvedObject.namespace"),
        "involved_name": at(item, "involvedObject.name"),
        "reporting_component": at(item, "reportingComponent"),
        "first_timestamp": at(item, "firstTimestamp"),
        "involvedObject": at(item, "involvedObject"),
        "source": at(item, "source"),
        "series": at(item, "series"),
        "related": at(item, "related"),
        "action": at(item, "action"),
    })
}

fn ingress(item: &Value) -> Value {
    // Every recorded one has one rule with one path.
    let rule = &at(item, "spec.rules")[0];
    json!({
        "class": at(item, "spec.ingressClassName"),
        "hosts": [rule["host"]],
        "addresses": each(item, "status.loadBalancer.ingress", "hostname"),
        "ports": "80, 443",
        "services": [rule["http"]["paths"][0]["backend"]["service"]["name"]],
        "tls_secrets": each(item, "spec.tls", "secretName"),
    })
}

fn volume_claim(item: &Value) -> Value {
    json!({
        "phase": at(item, "status.phase"),
        "state": at(item, "status.phase"),
        "volume": at(item, "spec.volumeName"),
        "capacity": at(item, "status.capacity.storage"),
        "requested": at(item, "spec.resources.requests.storage"),
        "access_modes": at(item, "status.accessModes"),
        "storage_class": at(item, "spec.storageClassName"),
        "attributes_class": at(item, "spec.volumeAttributesClassName"),
        "volume_mode": at(item, "spec.volumeMode"),
    })
}

fn service(item: &Value) -> Value {
    let ports = at(item, "spec.ports");
    let port = |it: &Value| match it["nodePort"].as_i64() {
        Some(node) => format!("{}:{node}/{}", it["port"], it["protocol"].as_str().unwrap()),
        None => format!("{}/{}", it["port"], it["protocol"].as_str().unwrap()),
    };
    let ports: Vec<String> = ports.as_array().unwrap().iter().map(port).collect();
    json!({
        "type": at(item, "spec.type"),
        "cluster_ip": at(item, "spec.clusterIPs")[0],
        // No recorded one is reached from outside.
        "external_ips": [],
        "ports": ports.join(","),
        "selector": at(item, "spec.selector"),
    })
}
