//! Owns `spec` of pods and of the templates that deployments and replica sets carry.

use serde_json::{Value, json};

use super::workload::{Owner, Workload};

/// The `spec` of a workload's pod; a template has no node.
pub(crate) fn spec(workload: &Workload, node_name: Option<&str>) -> Value {
    let mut spec = json!({
        "volumes": volumes(workload),
        "containers": containers(workload),
        "restartPolicy": match workload.owner { Owner::Deployment => "Always", Owner::Job => "Never" },
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "serviceAccountName": "default",
        "serviceAccount": "default",
        "automountServiceAccountToken": false,
    });
    if let Some(node_name) = node_name {
        spec["nodeName"] = json!(node_name);
    }
    spec["securityContext"] = json!({});
    spec["schedulerName"] = json!("default-scheduler");
    spec["tolerations"] = json!([
        {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
        {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
    ]);
    spec["priority"] = json!(0);
    spec["enableServiceLinks"] = json!(true);
    spec["preemptionPolicy"] = json!("PreemptLowerPriority");
    spec
}

/// The names of a workload's containers, the program first.
pub(crate) fn container_names(workload: &Workload) -> Vec<String> {
    let program = workload.name.clone();
    if workload.sidecar {
        vec![program, "envoy".to_owned()]
    } else {
        vec![program]
    }
}

/// The image a container runs.
pub(crate) fn container_image(workload: &Workload, container: &str) -> String {
    if container == workload.name {
        workload.image_reference()
    } else {
        format!("registry.example.com/mesh/{container}:v1.31.2")
    }
}

fn volumes(workload: &Workload) -> Value {
    json!([
        {"name": "config", "configMap": {"name": format!("{}-config", workload.name), "defaultMode": 420}},
        {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}},
        {"name": "kube-api-access", "projected": {"sources": [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [
                {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
            ]}},
        ], "defaultMode": 420}},
    ])
}

fn containers(workload: &Workload) -> Vec<Value> {
    container_names(workload)
        .into_iter()
        .map(|name| {
            if name == workload.name {
                program(workload)
            } else {
                sidecar(workload, &name)
            }
        })
        .collect()
}

fn program(workload: &Workload) -> Value {
    let name = &workload.name;
    let mut container = json!({
        "name": name,
        "image": workload.image_reference(),
        "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
        "env": [
            {"name": "POD_NAME", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}}},
            {"name": "SERVICE_NAME", "value": name},
            {"name": "OTEL_EXPORTER_OTLP_ENDPOINT", "value": "http://otel-collector.monitoring.svc.cluster.local:4317"},
            {"name": "DATABASE_URL", "valueFrom": {"secretKeyRef": {"name": format!("{name}-db"), "key": "url"}}},
            {"name": "REDIS_ADDR", "value": format!("redis-master.{}.svc.cluster.local:6379", workload.namespace)},
        ],
        "resources": {
            "limits": {"memory": format!("{}Mi", workload.memory_limit_mib)},
            "requests": {
                "cpu": format!("{}m", workload.cpu_request_m),
                "memory": format!("{}Mi", workload.memory_limit_mib / 2),
            },
        },
        "volumeMounts": [
            {"name": "config", "readOnly": true, "mountPath": "/etc/app"},
            {"name": "tmp", "mountPath": "/tmp"},
            {"name": "kube-api-access", "readOnly": true, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"},
        ],
    });
    if workload.owner == Owner::Deployment {
        container["livenessProbe"] = probe("/live", 10);
        container["readinessProbe"] = probe("/ready", 5);
    }
    finish(&mut container);
    container["securityContext"] = json!({"runAsNonRoot": true});
    container
}

fn sidecar(workload: &Workload, name: &str) -> Value {
    let mut container = json!({
        "name": name,
        "image": container_image(workload, name),
        "ports": [{"name": "envoy-stats", "containerPort": 15090, "protocol": "TCP"}],
        "env": [
            {"name": "POD_NAME", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}}},
        ],
        "resources": {"limits": {"memory": "256Mi"}, "requests": {"cpu": "50m", "memory": "64Mi"}},
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    });
    finish(&mut container);
    container
}

fn probe(path: &str, period_s: u64) -> Value {
    json!({
        "httpGet": {"path": path, "port": "http", "scheme": "HTTP"},
        "timeoutSeconds": 1, "periodSeconds": period_s, "successThreshold": 1, "failureThreshold": 3,
    })
}

/// The members that defaulting gives every container, in their place in the encoding.
fn finish(container: &mut Value) {
    container["terminationMessagePath"] = json!("/dev/termination-log");
    container["terminationMessagePolicy"] = json!("File");
    container["imagePullPolicy"] = json!("IfNotPresent");
}
