//! Owns what a cluster has for itself: priority classes and the leases of its nodes and controllers.

use serde_json::json;

use crate::objects::kinds::Writer;
use crate::objects::meta::{Managers, Meta};

/// Clusters are this old; see the namespaces.
const CLUSTER_AGE_S: u64 = 90 * 86_400;
/// The kubelet renews its lease every ten seconds.
const RENEWED_S: u64 = 6;
/// A lease is over when it was not renewed for so long (`--node-lease-duration-seconds`, `--leader-elect-lease-duration`).
const NODE_LEASE_S: u64 = 40;
const LEADER_LEASE_S: u64 = 15;

/// The two classes every cluster has, and the company's.
pub(super) fn priority_classes(writer: &mut Writer<'_>) {
    for (name, value, policy, description, manager) in [
        (
            "system-cluster-critical",
            2_000_000_000,
            "PreemptLowerPriority",
            "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
            "kube-apiserver",
        ),
        (
            "system-node-critical",
            2_000_001_000,
            "PreemptLowerPriority",
            "Used for system critical pods that must not be moved from their current node.",
            "kube-apiserver",
        ),
        (
            "business-critical",
            1_000_000,
            "PreemptLowerPriority",
            "What customers pay with.",
            "helm",
        ),
        ("batch", -100, "Never", "Reports that can wait.", "helm"),
    ] {
        let meta = Meta {
            generation: Some(1),
            ..writer.meta("", name, CLUSTER_AGE_S)
        };
        let managers = Managers {
            api_version: "scheduling.k8s.io/v1",
            manager,
            status_manager: None,
        };
        let rest = json!({"value": value, "description": description, "preemptionPolicy": policy});
        writer.put(meta, &managers, Vec::new(), rest);
    }
}

/// A lease of each node, old for one that is not ready, and those of the leaders.
pub(super) fn leases(writer: &mut Writer<'_>) {
    let plan = writer.plan;
    let managers = |manager: &'static str| Managers {
        api_version: "coordination.k8s.io/v1",
        manager,
        status_manager: None,
    };
    // Leases are written with microseconds (MicroTime).
    let micro = |ago_s: u64| plan.clock.ago(ago_s).replace('Z', ".000000Z");
    for node in &plan.nodes {
        let renewed_s = if node.ready {
            RENEWED_S
        } else {
            node.changed_s.saturating_add(NODE_LEASE_S)
        };
        let meta = writer.meta("kube-node-lease", node.name.clone(), node.age_s);
        let rest = json!({"spec": {
            "holderIdentity": node.name, "leaseDurationSeconds": NODE_LEASE_S, "renewTime": micro(renewed_s),
        }});
        writer.put(meta, &managers("kubelet"), Vec::new(), rest);
    }
    for name in [
        "kube-controller-manager",
        "kube-scheduler",
        "cert-manager-controller",
    ] {
        let mut rng = plan.stream("leases.coordination.k8s.io", "kube-system", name);
        let rest = json!({"spec": {
            "holderIdentity": format!("{name}-{}_{}", rng.suffix(5), rng.uid()),
            "leaseDurationSeconds": LEADER_LEASE_S,
            "acquireTime": micro(rng.between(86_400, 10 * 86_400)),
            "renewTime": micro(rng.between(1, 3)),
            "leaseTransitions": rng.between(2, 40),
        }});
        let meta = writer.meta("kube-system", name, CLUSTER_AGE_S);
        writer.put(meta, &managers("kube-controller-manager"), Vec::new(), rest);
    }
}
