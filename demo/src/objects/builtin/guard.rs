//! Owns what bounds a namespace: quotas, used as the pods of the plan use them, and limit ranges.

use serde_json::json;

use crate::objects::kinds::Writer;
use crate::objects::meta::Managers;
use crate::objects::pod_plan::PodState;

const AGE_S: u64 = 80 * 86_400;
/// What an `envoy` beside a program asks for; see the pods.
const SIDECAR: (u64, u64) = (50, 64);

/// What the pods of a namespace that have not ended ask for: pods, CPU in thousandths, memory in MiB.
fn used(writer: &Writer<'_>, namespace: &str) -> (u64, u64, u64) {
    let mut total = (0u64, 0u64, 0u64);
    for (workload, pods) in writer.plan.deployments() {
        if workload.namespace != namespace {
            continue;
        }
        let (mut cpu_m, mut memory_mib) = (workload.cpu_request_m, workload.memory_limit_mib / 2);
        if workload.sidecar {
            cpu_m = cpu_m.saturating_add(SIDECAR.0);
            memory_mib = memory_mib.saturating_add(SIDECAR.1);
        }
        for _ in pods.iter().filter(|pod| pod.state != PodState::Evicted) {
            total.0 = total.0.saturating_add(1);
            total.1 = total.1.saturating_add(cpu_m);
            total.2 = total.2.saturating_add(memory_mib);
        }
    }
    total
}

/// A quota for every team; that of `payments` is nearly used up.
pub(super) fn resource_quotas(writer: &mut Writer<'_>) {
    let managers = Managers {
        api_version: "v1",
        manager: "helm",
        status_manager: Some("kube-controller-manager"),
    };
    for namespace in writer.plan.team_namespaces() {
        let (pods, cpu_m, memory_mib) = used(writer, namespace);
        // Room for a tenth more, or for as much again; in whole cores and GiB.
        let room = |used: u64| match namespace {
            "payments" => used.saturating_add(used / 10),
            _ => used.saturating_mul(2),
        };
        let hard = json!({
            "pods": room(pods).max(10).to_string(),
            "requests.cpu": room(cpu_m).div_ceil(1000).max(2).to_string(),
            "requests.memory": format!("{}Gi", room(memory_mib).div_ceil(1024).max(4)),
        });
        let meta = writer.meta(namespace, "team", AGE_S);
        let rest = json!({
            "spec": {"hard": hard},
            "status": {"hard": hard, "used": {
                "pods": pods.to_string(),
                "requests.cpu": if cpu_m % 1000 == 0 { (cpu_m / 1000).to_string() } else { format!("{cpu_m}m") },
                "requests.memory": if memory_mib == 0 { "0".to_owned() } else { format!("{memory_mib}Mi") },
            }},
        });
        writer.put(meta, &managers, Vec::new(), rest);
    }
}

/// What a container of a team's namespace gets that asks for nothing.
pub(super) fn limit_ranges(writer: &mut Writer<'_>) {
    let managers = Managers {
        api_version: "v1",
        manager: "helm",
        status_manager: None,
    };
    for namespace in writer.plan.team_namespaces() {
        let meta = writer.meta(namespace, "defaults", AGE_S);
        let rest = json!({"spec": {"limits": [{
            "type": "Container",
            "max": {"memory": "8Gi"},
            "default": {"memory": "512Mi"},
            "defaultRequest": {"cpu": "100m", "memory": "256Mi"},
        }]}});
        writer.put(meta, &managers, Vec::new(), rest);
    }
}
