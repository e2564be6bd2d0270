//! Owns Cluster API's objects, which `prod-us` keeps for itself and its neighbours: clusters, and the machines of its own
//! nodes. The machine of the node that is not ready is unhealthy.

use serde_json::{Value, json};

use crate::objects::kinds::{Writer, labels};
use crate::objects::meta::{Managers, Meta};
use crate::objects::node::NodePlan;
use crate::options::ClusterProfile;

const MANAGERS: Managers = Managers {
    api_version: "cluster.x-k8s.io/v1beta1",
    manager: "helm",
    status_manager: Some("manager"),
};
/// Where Cluster API's objects are.
const NAMESPACE: &str = "default";
const AGE_S: u64 = 90 * 86_400;
const KUBERNETES: &str = "v1.36.2";
const GROUP: &str = "infrastructure.cluster.x-k8s.io/v1beta2";

fn condition(kind: &str, good: bool, reason: &str, message: &str, since: &str) -> Value {
    let mut condition = json!({
        "type": kind, "status": if good { "True" } else { "False" }, "lastTransitionTime": since,
    });
    if !good {
        condition["severity"] = json!("Warning");
        condition["reason"] = json!(reason);
        condition["message"] = json!(message);
    }
    condition
}

/// The clusters it manages: those of the tour and itself, and one that never came to be.
pub(in crate::objects) fn clusters(writer: &mut Writer<'_>) {
    let mut names: Vec<String> = (0..3)
        .map(|index| ClusterProfile::nth(index).name)
        .collect();
    if !names.contains(&writer.plan.profile.name) {
        names.push(writer.plan.profile.name.clone());
    }
    names.push("prod-eu".to_owned());
    for (index, name) in names.iter().enumerate() {
        let works = name != "prod-eu";
        let age_s = if works { AGE_S } else { 2 * 86_400 };
        let since = writer.plan.clock.ago(age_s.saturating_sub(900));
        let mut spec = json!({
            "clusterNetwork": {
                "pods": {"cidrBlocks": [format!("10.{}.0.0/16", 64 + index % 64)]},
                "services": {"cidrBlocks": ["10.96.0.0/16"]}, "serviceDomain": "cluster.local",
            },
            "controlPlaneRef": {
                "apiVersion": "controlplane.cluster.x-k8s.io/v1beta2", "kind": "AWSManagedControlPlane", "name": name,
                "namespace": NAMESPACE,
            },
            "infrastructureRef": {
                "apiVersion": GROUP, "kind": "AWSManagedCluster", "name": name, "namespace": NAMESPACE,
            },
        });
        if works {
            spec["controlPlaneEndpoint"] =
                json!({"host": format!("{name}.eks.acme.example"), "port": 443});
        }
        let message =
            "failed to create VPC: VpcLimitExceeded: The maximum number of VPCs has been reached";
        let rest = json!({
            "spec": spec,
            "status": {
                "phase": if works { "Provisioned" } else { "Provisioning" },
                "infrastructureReady": works, "controlPlaneReady": works, "observedGeneration": 2,
                "conditions": [
                    condition("Ready", works, "VpcReconciliationFailed", message, &since),
                    condition("InfrastructureReady", works, "VpcReconciliationFailed", message, &since),
                ],
            },
        });
        let meta = Meta {
            generation: Some(2),
            labels: labels(&[("team", "platform")]),
            finalizers: vec!["cluster.cluster.x-k8s.io"],
            ..writer.meta(NAMESPACE, name.clone(), age_s)
        };
        writer.put(meta, &MANAGERS, Vec::new(), rest);
    }
}

/// The zones of the cluster's nodes, in their order, each with its nodes: a machine deployment each.
fn pools(writer: &Writer<'_>) -> Vec<(String, Vec<NodePlan>)> {
    let mut pools: Vec<(String, Vec<NodePlan>)> = Vec::new();
    for node in &writer.plan.nodes {
        let name = format!("{}-general-{}", writer.plan.profile.name, node.zone);
        match pools.iter_mut().find(|(pool, _)| *pool == name) {
            Some((_, nodes)) => nodes.push(node.clone()),
            None => pools.push((name, vec![node.clone()])),
        }
    }
    pools
}

fn machine_spec(writer: &Writer<'_>, pool: &str, name: &str) -> Value {
    json!({
        "clusterName": writer.plan.profile.name, "version": KUBERNETES,
        "bootstrap": {"configRef": {
            "apiVersion": "bootstrap.cluster.x-k8s.io/v1beta2", "kind": "EKSConfigTemplate", "name": pool,
            "namespace": NAMESPACE,
        }},
        "infrastructureRef": {"apiVersion": GROUP, "kind": "AWSMachine", "name": name, "namespace": NAMESPACE},
    })
}

/// The machine deployments.
pub(in crate::objects) fn machine_deployments(writer: &mut Writer<'_>) {
    for (pool, nodes) in pools(writer) {
        let (count, good) = (nodes.len(), nodes.iter().filter(|node| node.ready).count());
        let pool_labels = json!({"cluster.x-k8s.io/deployment-name": pool});
        let since = writer.plan.clock.ago(1200);
        let works = count == good;
        let message =
            format!("Minimum availability requires {count} replicas, current {good} available");
        let mut spec = machine_spec(writer, &pool, &pool);
        spec["infrastructureRef"]["kind"] = json!("AWSMachineTemplate");
        let rest = json!({
            "spec": {
                "clusterName": writer.plan.profile.name, "replicas": count, "selector": {"matchLabels": pool_labels},
                "template": {"metadata": {"labels": pool_labels}, "spec": spec},
                "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": "0%"}},
            },
            "status": {
                "phase": if works { "Running" } else { "ScalingUp" }, "replicas": count, "updatedReplicas": count,
                "readyReplicas": good, "availableReplicas": good, "unavailableReplicas": count.saturating_sub(good),
                "selector": format!("cluster.x-k8s.io/deployment-name={pool}"), "observedGeneration": 5,
                "conditions": [
                    condition("Ready", works, "WaitingForAvailableMachines", &message, &since),
                    condition("Available", works, "WaitingForAvailableMachines", &message, &since),
                ],
            },
        });
        let meta = Meta {
            generation: Some(5),
            labels: labels(&[("cluster.x-k8s.io/cluster-name", &writer.plan.profile.name)]),
            ..writer.meta(NAMESPACE, pool, AGE_S)
        };
        writer.put(meta, &MANAGERS, Vec::new(), rest);
    }
}

/// A machine for every node.
pub(in crate::objects) fn machines(writer: &mut Writer<'_>) {
    for (pool, nodes) in pools(writer) {
        for node in nodes {
            let name = format!("{pool}-{}", node.instance_id.trim_start_matches("i-0"));
            let changed = writer.plan.clock.ago(node.changed_s);
            let mut spec = machine_spec(writer, &pool, &name);
            spec["providerID"] = json!(format!("aws:///{}/{}", node.zone, node.instance_id));
            spec["failureDomain"] = json!(node.zone);
            let lost = "Node condition Ready is Unknown: Kubelet stopped posting node status.";
            let rest = json!({
                "spec": spec,
                "status": {
                    "phase": "Running",
                    "nodeRef": {"apiVersion": "v1", "kind": "Node", "name": node.name, "uid": node.uid},
                    "nodeInfo": {
                        "kubeletVersion": KUBERNETES, "osImage": "Amazon Linux 2023.8", "architecture": "amd64",
                    },
                    "addresses": [
                        {"type": "InternalIP", "address": node.ip}, {"type": "InternalDNS", "address": node.name},
                    ],
                    "bootstrapReady": true, "infrastructureReady": true, "observedGeneration": 2,
                    "lastUpdated": writer.plan.clock.ago(node.age_s),
                    "conditions": [
                        condition("Ready", true, "", "", &changed),
                        condition("NodeHealthy", node.ready, "NodeConditionsFailed", lost, &changed),
                    ],
                },
            });
            let meta = Meta {
                generation: Some(2),
                labels: labels(&[
                    ("cluster.x-k8s.io/cluster-name", &writer.plan.profile.name),
                    ("cluster.x-k8s.io/deployment-name", &pool),
                ]),
                finalizers: vec!["machine.cluster.x-k8s.io"],
                ..writer.meta(NAMESPACE, name, node.age_s)
            };
            writer.put(meta, &MANAGERS, Vec::new(), rest);
        }
    }
}
