//! Owns daemon sets and stateful sets: the agents of every node and the databases behind the programs. Their pods are
//! not among the cluster's; see the module.

use serde_json::{Value, json};

use crate::objects::kinds::{Writer, labels};
use crate::objects::meta::{Managers, Meta};

const MANAGERS: Managers = Managers {
    api_version: "apps/v1",
    manager: "helm",
    status_manager: Some("kube-controller-manager"),
};
const AGE_S: u64 = 60 * 86_400;

/// The agents: name, namespace, image, and whether they run on the machines with graphics cards alone.
const AGENTS: [(&str, &str, &str, bool); 4] = [
    (
        "aws-node",
        "kube-system",
        "registry.example.com/eks/aws-node:v1.20.4",
        false,
    ),
    (
        "kube-proxy",
        "kube-system",
        "registry.example.com/eks/kube-proxy:v1.36.2",
        false,
    ),
    (
        "node-exporter",
        "monitoring",
        "quay.io/prometheus/node-exporter:v1.10.2",
        false,
    ),
    (
        "nvidia-device-plugin",
        "kube-system",
        "registry.example.com/nvidia/device-plugin:v0.18.0",
        true,
    ),
];

/// The daemon sets. No node has a graphics card; on a node that is not ready nothing is.
pub(super) fn daemon_sets(writer: &mut Writer<'_>) {
    let nodes = writer.plan.nodes.len();
    let ready = writer.plan.nodes.iter().filter(|node| node.ready).count();
    for (name, namespace, image, special) in AGENTS {
        let (desired, ready) = if special { (0, 0) } else { (nodes, ready) };
        let meta = Meta {
            generation: Some(1),
            labels: labels(&[("app.kubernetes.io/name", name), ("team", "platform")]),
            annotations: labels(&[("deprecated.daemonset.template.generation", "1")]),
            ..writer.meta(namespace, name, AGE_S)
        };
        let mut pod = pod_spec(name, image);
        pod["hostNetwork"] = json!(true);
        pod["tolerations"] = json!([{"operator": "Exists"}]);
        if special {
            pod["nodeSelector"] = json!({"accelerator": "nvidia"});
        }
        let mut status = json!({
            "currentNumberScheduled": desired, "numberMisscheduled": 0, "desiredNumberScheduled": desired,
            "numberReady": ready, "observedGeneration": 1,
        });
        for (member, count) in [
            ("updatedNumberScheduled", desired),
            ("numberAvailable", ready),
            ("numberUnavailable", desired.saturating_sub(ready)),
        ] {
            if count > 0 {
                status[member] = json!(count);
            }
        }
        let rest = json!({
            "spec": {
                "selector": {"matchLabels": {"app.kubernetes.io/name": name}},
                "template": {"metadata": {"labels": {"app.kubernetes.io/name": name}}, "spec": pod},
                "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}},
                "revisionHistoryLimit": 10,
            },
            "status": status,
        });
        writer.put(meta, &MANAGERS, Vec::new(), rest);
    }
}

fn pod_spec(name: &str, image: &str) -> Value {
    json!({
        "containers": [{
            "name": name, "image": image,
            "resources": {"limits": {"memory": "256Mi"}, "requests": {"cpu": "50m", "memory": "128Mi"}},
            "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
            "imagePullPolicy": "IfNotPresent",
        }],
        "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
        "securityContext": {}, "schedulerName": "default-scheduler",
    })
}

/// A database or cache of a team: a stateful set and what it stores.
#[derive(Clone)]
pub(super) struct Store {
    pub(super) namespace: &'static str,
    pub(super) name: String,
    image: &'static str,
    pub(super) replicas: usize,
    pub(super) size_gib: u64,
    pub(super) age_s: u64,
}

/// The stores of a cluster: a cache in every team's namespace, a database where there is something to keep.
pub(super) fn stores(writer: &Writer<'_>) -> Vec<Store> {
    let mut stores = Vec::new();
    for namespace in writer.plan.team_namespaces() {
        for (name, image, replicas, size_gib) in [
            ("redis-master".to_owned(), "redis:8.2", 1, 8),
            (format!("{namespace}-db"), "postgres:17.6", 3, 100),
        ] {
            let mut rng = writer.plan.stream("stores", namespace, &name);
            if namespace == "monitoring" && name != "redis-master" {
                continue;
            }
            stores.push(Store {
                namespace,
                name,
                image,
                replicas,
                size_gib,
                age_s: rng.between(20 * 86_400, AGE_S),
            });
        }
    }
    stores
}

/// The claim of one replica of a store.
pub(super) fn claim_name(store: &Store, replica: usize) -> String {
    format!("data-{}-{replica}", store.name)
}

/// One stateful set a store.
pub(super) fn stateful_sets(writer: &mut Writer<'_>) {
    for store in stores(writer) {
        let name = store.name.as_str();
        let meta = Meta {
            generation: Some(1),
            labels: labels(&[("app.kubernetes.io/name", name), ("team", store.namespace)]),
            ..writer.meta(store.namespace, name, store.age_s)
        };
        let hash = writer
            .plan
            .stream("controllerrevisions.apps", store.namespace, name)
            .suffix(10);
        let revision = format!("{name}-{hash}");
        let rest = json!({
            "spec": {
                "replicas": store.replicas,
                "selector": {"matchLabels": {"app.kubernetes.io/name": name}},
                "template": {
                    "metadata": {"labels": {"app.kubernetes.io/name": name}},
                    "spec": pod_spec("server", store.image),
                },
                "volumeClaimTemplates": [{
                    "kind": "PersistentVolumeClaim", "apiVersion": "v1", "metadata": {"name": "data"},
                    "spec": {
                        "accessModes": ["ReadWriteOnce"],
                        "resources": {"requests": {"storage": format!("{}Gi", store.size_gib)}},
                        "storageClassName": "gp3", "volumeMode": "Filesystem",
                    },
                    "status": {"phase": "Pending"},
                }],
                "serviceName": name, "podManagementPolicy": "OrderedReady",
                "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
                "revisionHistoryLimit": 10,
                "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
            },
            "status": {
                "observedGeneration": 1, "replicas": store.replicas, "readyReplicas": store.replicas,
                "currentReplicas": store.replicas, "updatedReplicas": store.replicas,
                "currentRevision": revision, "updateRevision": revision, "collisionCount": 0,
                "availableReplicas": store.replicas,
            },
        });
        writer.put(meta, &MANAGERS, Vec::new(), rest);
    }
}
