//! Owns what the columns of nodes, pods, jobs and what scales them must be; refuses other kinds.

use serde_json::{Value, json};

use super::{at, itself, no, zero};

pub fn cron_job(item: &Value) -> Value {
    json!({
        "schedule": at(item, "spec.schedule"),
        "time_zone": at(item, "spec.timeZone"),
        "suspend": no(item, "spec.suspend"),
        "active": at(item, "status.active").as_array().map_or(0, Vec::len),
        "last_schedule": at(item, "status.lastScheduleTime"),
        "last_success": at(item, "status.lastSuccessfulTime"),
        "concurrency_policy": at(item, "spec.concurrencyPolicy"),
        "workload": itself("CronJob", item),
    })
}

pub fn job(item: &Value) -> Value {
    let succeeded = zero(item, "status.succeeded");
    json!({
        // No recorded one has a condition.
        "state": "Running",
        "progress": format!("{succeeded}/{}", item["spec"]["completions"]),
        "completions": at(item, "spec.completions"),
        "parallelism": at(item, "spec.parallelism"),
        "active": zero(item, "status.active"),
        "succeeded": succeeded,
        "failed": zero(item, "status.failed"),
        "start_time": at(item, "status.startTime"),
        "completion_time": at(item, "status.completionTime"),
        "duration": null,
        "suspend": no(item, "spec.suspend"),
        "workload": itself("Job", item),
    })
}

pub fn pod(item: &Value) -> Value {
    let owner = &item["metadata"]["ownerReferences"][0];
    let hash = at(item, "metadata.labels")["pod-template-hash"].clone();
    let name = owner["name"].as_str().unwrap();
    let workload = match (owner["kind"].as_str(), hash.as_str()) {
        (Some("ReplicaSet"), Some(hash)) => {
            let name = name.strip_suffix(hash).unwrap().strip_suffix('-').unwrap();
            json!({"kind": "Deployment", "name": name})
        }
        (kind, _) => json!({"kind": kind, "name": name}),
    };
    let statuses = at(item, "status.containerStatuses");
    let statuses = statuses.as_array().cloned().unwrap_or_default();
    let ready = statuses.iter().filter(|it| it["ready"] == true);
    let wanted = at(item, "spec.containers").as_array().unwrap().len();
    let restarts = statuses
        .iter()
        .map(|it| it["restartCount"].as_i64().unwrap());
    // The first container that has a reason says what the pod's state is; kubectl's own table is compared elsewhere.
    let reason = statuses.iter().find_map(|it| {
        let state = &it["state"];
        let reason = &state["waiting"]["reason"];
        let reason = if reason.is_null() {
            &state["terminated"]["reason"]
        } else {
            reason
        };
        reason.as_str().map(str::to_owned)
    });
    // Times of one form are in the order of their texts.
    let ends = statuses.iter().filter_map(|it| {
        let last = &it["lastState"]["terminated"]["finishedAt"];
        last.as_str().map(str::to_owned)
    });
    let phase = at(item, "status.phase");
    let evicted = at(item, "status.reason");
    let otherwise = if evicted.is_null() { &phase } else { &evicted };
    json!({
        "phase": phase,
        "state": reason.map_or(otherwise.clone(), Value::String),
        "ready": format!("{}/{wanted}", ready.count()),
        "restarts": restarts.sum::<i64>(),
        "last_restart": ends.max(),
        "nominated_node": at(item, "status.nominatedNodeName"),
        // No recorded one has a gate.
        "readiness_gates": null,
        "node": at(item, "spec.nodeName"),
        "pod_ip": at(item, "status.podIP"),
        "host_ip": at(item, "status.hostIP"),
        "qos_class": at(item, "status.qosClass"),
        "service_account": at(item, "spec.serviceAccountName"),
        "host_network": no(item, "spec.hostNetwork"),
        "start_time": at(item, "status.startTime"),
        "workload": workload,
    })
}

pub fn node(item: &Value) -> Value {
    let of = |list: &str, of: &str, member: &str| {
        let list = at(item, list);
        let found = list.as_array().unwrap().iter().find(|it| it["type"] == of);
        found.map_or(Value::Null, |it| it[member].clone())
    };
    let labels = at(item, "metadata.labels");
    let role = |key: &str| {
        key.strip_prefix("node-role.kubernetes.io/")
            .map(str::to_owned)
    };
    let mut roles: Vec<String> = labels
        .as_object()
        .unwrap()
        .keys()
        .filter_map(|it| role(it))
        .collect();
    roles.sort();
    let taints = at(item, "spec.taints");
    let taint = |it: &Value| {
        let text = |key: &str| it[key].as_str().unwrap_or_default();
        let value = it["value"]
            .as_str()
            .map_or(String::new(), |value| format!("={value}"));
        format!("{}{value}:{}", text("key"), text("effect"))
    };
    let cordoned = no(item, "spec.unschedulable");
    let ready = of("status.conditions", "Ready", "status") == "True";
    let state = format!(
        "{}{}",
        if ready { "Ready" } else { "NotReady" },
        if cordoned == true {
            ",SchedulingDisabled"
        } else {
            ""
        }
    );
    json!({
        "state": state,
        "roles": (!roles.is_empty()).then(|| roles.join(",")),
        "version": at(item, "status.nodeInfo.kubeletVersion"),
        "internal_ip": of("status.addresses", "InternalIP", "address"),
        "external_ip": of("status.addresses", "ExternalIP", "address"),
        "unschedulable": cordoned,
        "taints": taints.as_array().into_iter().flatten().map(taint).collect::<Vec<_>>(),
        "capacity": at(item, "status.capacity"),
        "allocatable": at(item, "status.allocatable"),
        "provider_id": at(item, "spec.providerID"),
        "instance_type": labels["node.kubernetes.io/instance-type"],
        "zone": labels["topology.kubernetes.io/zone"],
        "os_image": at(item, "status.nodeInfo.osImage"),
        "kernel_version": at(item, "status.nodeInfo.kernelVersion"),
        "container_runtime": at(item, "status.nodeInfo.containerRuntimeVersion"),
    })
}

pub fn autoscaler(item: &Value) -> Value {
    // Every recorded one has one metric, and nobody measured it.
    let metric = at(item, "spec.metrics")[0]["resource"].clone();
    let target = format!(
        "{}: <unknown>/{}%",
        metric["name"].as_str().unwrap(),
        metric["target"]["averageUtilization"]
    );
    json!({
        "workload": {
            "kind": at(item, "spec.scaleTargetRef.kind"),
            "name": at(item, "spec.scaleTargetRef.name"),
        },
        "targets": target,
        "min_replicas": at(item, "spec.minReplicas"),
        "max_replicas": at(item, "spec.maxReplicas"),
        "current_replicas": zero(item, "status.currentReplicas"),
        "desired_replicas": zero(item, "status.desiredReplicas"),
        "last_scale_time": at(item, "status.lastScaleTime"),
    })
}
