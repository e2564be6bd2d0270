//! Owns what joins clusters: the services they export to and import from each other (Multi-Cluster Services API), and the
//! tunnels between them (Submariner). The active gateway of `prod-us` stands on the node that is not ready, so both
//! ends of its tunnels report an error.

use serde_json::{Value, json};

use crate::objects::kinds::{Writer, labels};
use crate::objects::meta::{Managers, Meta};
use crate::objects::node::{self, NodePlan};
use crate::objects::pod;
use crate::objects::workload::Workload;
use crate::options::ClusterProfile;

const AGE_S: u64 = 60 * 86_400;
/// Where Submariner's objects are.
const NAMESPACE: &str = "kube-system";
const SUBMARINER: Managers = Managers {
    api_version: "submariner.io/v1",
    manager: "submariner-gateway",
    status_manager: None,
};
const MCS: Managers = Managers {
    api_version: "multicluster.x-k8s.io/v1alpha1",
    manager: "lighthouse-agent",
    status_manager: None,
};

/// The clusters that are joined, this one among them.
fn members(writer: &Writer<'_>) -> Vec<ClusterProfile> {
    let mut members = vec![ClusterProfile::nth(0), ClusterProfile::nth(1)];
    if !members.contains(&writer.plan.profile) {
        members.push(writer.plan.profile.clone());
    }
    members
}

/// The programs that other clusters call: the first API of each name.
fn exported<'a>(writer: &Writer<'a>) -> impl Iterator<Item = &'a Workload> + use<'a> {
    writer
        .plan
        .deployments()
        .map(|(workload, _)| workload)
        .filter(|workload| workload.component == "api" && workload.sidecar)
}

/// What this cluster gives to others; in `prod-us` one service has other ports than elsewhere.
pub(in crate::objects) fn service_exports(writer: &mut Writer<'_>) {
    for (number, workload) in exported(writer).enumerate() {
        let since = writer.plan.clock.ago(workload.rolled_out_s);
        let condition = |kind: &str, status: &str, reason: &str, message: &str| {
            json!({
                "type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": since,
            })
        };
        let mut conditions = vec![condition(
            "Valid",
            "True",
            "Valid",
            "The service was exported",
        )];
        if writer.plan.profile.index % 3 == 1 && number == 1 {
            conditions.push(condition(
                "Conflict",
                "True",
                "PortConflict",
                "The service ports conflict between the constituent clusters [prod-ap, prod-us]",
            ));
        }
        let meta = Meta {
            labels: pod::labels(workload),
            ..writer.meta(workload.namespace, workload.name.clone(), AGE_S)
        };
        writer.put(
            meta,
            &MCS,
            Vec::new(),
            json!({"status": {"conditions": conditions}}),
        );
    }
}

/// What this cluster has from others.
pub(in crate::objects) fn service_imports(writer: &mut Writer<'_>) {
    let clusters: Vec<Value> = members(writer)
        .iter()
        .map(|member| json!({"cluster": member.name}))
        .collect();
    for workload in exported(writer) {
        // The clusterset's address of a service is the same everywhere.
        let mut rng = crate::seed::Rng::keyed(
            writer.plan.seed,
            &["clusterset-ip", workload.namespace, &workload.name],
        );
        let ip = format!("243.0.{}.{}", rng.below(256), rng.between(2, 254));
        let meta = writer.meta(workload.namespace, workload.name.clone(), AGE_S);
        let rest = json!({
            "spec": {
                "type": "ClusterSetIP", "ips": [ip], "sessionAffinity": "None",
                "ports": [
                    {"name": "http", "protocol": "TCP", "port": 80},
                    {"name": "grpc", "protocol": "TCP", "port": 9090},
                ],
            },
            "status": {"clusters": clusters},
        });
        writer.put(meta, &MCS, Vec::new(), rest);
    }
}

/// The joined clusters, as each of them knows all.
pub(in crate::objects) fn clusters(writer: &mut Writer<'_>) {
    for member in members(writer) {
        let meta = writer.meta(NAMESPACE, member.name.clone(), AGE_S);
        let rest = json!({"spec": {
            "cluster_id": member.name, "cluster_cidr": [pod_cidr(&member)], "service_cidr": ["10.96.0.0/16"],
            "global_cidr": [global_cidr(&member)], "color_codes": ["blue"],
        }});
        writer.put(meta, &SUBMARINER, Vec::new(), rest);
    }
}

fn pod_cidr(member: &ClusterProfile) -> String {
    format!("10.{}.0.0/16", 64 + member.index % 64)
}

fn global_cidr(member: &ClusterProfile) -> String {
    format!("242.{}.0.0/16", member.index % 256)
}

/// The node a cluster's active gateway stands on: its last, which in some clusters is not ready.
fn gateway(writer: &Writer<'_>, member: &ClusterProfile) -> Option<NodePlan> {
    if *member == writer.plan.profile {
        return writer.plan.nodes.last().cloned();
    }
    // Clusters of a fleet have the same number of pods, and so of nodes.
    node::plan(writer.plan.seed, member, writer.plan.pods.len()).pop()
}

fn endpoint(writer: &Writer<'_>, member: &ClusterProfile, gateway: &NodePlan) -> Value {
    let mut rng = crate::seed::Rng::keyed(writer.plan.seed, &["public-ip", &member.name]);
    let public = format!("203.0.113.{}", rng.between(1, 254));
    json!({
        "cluster_id": member.name,
        "cable_name": format!("submariner-cable-{}-{}", member.name, gateway.ip.replace('.', "-")),
        "hostname": gateway.name, "healthCheckIP": format!("242.{}.255.254", member.index % 256),
        "backend": "libreswan", "private_ip": gateway.ip, "public_ip": public, "nat_enabled": true,
        "subnets": [pod_cidr(member), global_cidr(member)],
        "backend_config": {"natt-discovery-port": "4490", "udp-port": "4500"},
    })
}

/// The ends of the tunnels.
pub(in crate::objects) fn endpoints(writer: &mut Writer<'_>) {
    for member in members(writer) {
        let Some(gateway) = gateway(writer, &member) else {
            continue;
        };
        let spec = endpoint(writer, &member, &gateway);
        let name = format!(
            "{}-{}",
            member.name,
            spec["cable_name"].as_str().unwrap_or_default()
        );
        let meta = writer.meta(NAMESPACE, name, AGE_S);
        writer.put(meta, &SUBMARINER, Vec::new(), json!({"spec": spec}));
    }
}

/// This cluster's gateways: the active one with its connections, and one that would take over.
pub(in crate::objects) fn gateways(writer: &mut Writer<'_>) {
    let own = writer.plan.profile.clone();
    let Some(active) = gateway(writer, &own) else {
        return;
    };
    let local = endpoint(writer, &own, &active);
    let connections: Vec<Value> = members(writer)
        .iter()
        .filter(|member| **member != own)
        .filter_map(|member| Some((member, gateway(writer, member)?)))
        .map(|(member, there)| {
            let works = active.ready && there.ready;
            let mut connection = json!({
                "status": if works { "connected" } else { "error" },
                "statusMessage": if works { "" } else { "Failed to successfully ping the remote endpoint IP" },
                "endpoint": endpoint(writer, member, &there),
                "usingNAT": true,
            });
            if works {
                connection["latencyRTT"] =
                    json!({"last": "171.2ms", "min": "168.4ms", "average": "170.9ms", "max": "201.7ms", "stdDev": "2.1ms"});
            }
            connection
        })
        .collect();
    let passive = writer.plan.nodes.first().cloned();
    let states = [
        (Some(active), "active", connections),
        (passive, "passive", Vec::new()),
    ];
    for (node, state, connections) in states {
        let Some(node) = node else { continue };
        let mut local = local.clone();
        local["hostname"] = json!(node.name);
        local["private_ip"] = json!(node.ip);
        let meta = Meta {
            labels: labels(&[("submariner.io/clusterID", &own.name)]),
            annotations: vec![(
                "update-timestamp".to_owned(),
                writer.plan.clock.ago_s(12).to_string(),
            )],
            ..writer.meta(NAMESPACE, node.name.clone(), AGE_S)
        };
        let rest = json!({"status": {
            "version": "0.21.0", "haStatus": state, "statusFailure": "", "localEndpoint": local,
            "connections": connections,
        }});
        writer.put(meta, &SUBMARINER, Vec::new(), rest);
    }
}
