//! Owns nodes: how many a cluster has, where they stand, and the one that is not ready.

use serde_json::{Value, json};

use super::collection::Draft;
use super::meta::{Context, Managers, Meta, draft};
use crate::options::ClusterProfile;
use crate::seed::Rng;

/// The kubelet's default limit is 110; clusters are rarely packed that tight.
const PODS_PER_NODE: usize = 30;
/// Less than three zones' worth of nodes would make no believable cluster.
const MIN_NODES: usize = 4;
const KUBELET_VERSION: &str = "v1.36.2";

/// A node before it is written out.
#[derive(Debug, Clone)]
pub(crate) struct NodePlan {
    pub(crate) name: String,
    pub(crate) uid: String,
    pub(crate) ip: String,
    pub(crate) zone: String,
    pub(crate) instance_type: &'static str,
    pub(crate) instance_id: String,
    pub(crate) ready: bool,
    pub(crate) unschedulable: bool,
    pub(crate) age_s: u64,
    /// Seconds since the Ready condition last changed.
    pub(crate) changed_s: u64,
    number: usize,
}

/// The nodes of a cluster. One of `prod-us` (and of every third cluster after it) is not ready, one of every
/// cluster is cordoned.
pub(crate) fn plan(seed: u64, profile: &ClusterProfile, pods: usize) -> Vec<NodePlan> {
    let count = pods
        .div_ceil(PODS_PER_NODE)
        .saturating_add(1)
        .max(MIN_NODES);
    let domain = match profile.region.as_str() {
        "us-east-1" => "ec2.internal".to_owned(),
        region => format!("{region}.compute.internal"),
    };
    (0..count)
        .map(|number| {
            let mut rng = Rng::keyed(seed, &["node", &profile.name, &number.to_string()]);
            let octets = [
                10,
                1 + profile.index % 60,
                number / 200 % 256,
                10 + number % 200,
            ];
            let address = octets.map(|octet| octet.to_string());
            let zone = format!("{}{}", profile.region, ["a", "b", "c"][number % 3]);
            let ready = !(profile.index % 3 == 1 && number == count.saturating_sub(1));
            NodePlan {
                name: format!("ip-{}.{domain}", address.join("-")),
                uid: rng.uid(),
                ip: address.join("."),
                zone,
                instance_type: ["m6i.2xlarge", "m6i.4xlarge", "r6i.2xlarge"][number % 3],
                instance_id: format!("i-0{}", rng.hex(16)),
                ready,
                unschedulable: number == 1,
                age_s: rng.between(5 * 86_400, 60 * 86_400),
                changed_s: if ready {
                    rng.between(86_400, 5 * 86_400)
                } else {
                    rng.between(600, 1500)
                },
                number,
            }
        })
        .collect()
}

/// The labels of a node.
pub(super) fn labels(profile: &ClusterProfile, node: &NodePlan) -> Vec<(String, String)> {
    [
        ("beta.kubernetes.io/arch", "amd64"),
        ("eks.amazonaws.com/nodegroup", "general"),
        ("kubernetes.io/arch", "amd64"),
        ("kubernetes.io/hostname", node.name.as_str()),
        ("kubernetes.io/os", "linux"),
        ("node.kubernetes.io/instance-type", node.instance_type),
        ("topology.kubernetes.io/region", profile.region.as_str()),
        ("topology.kubernetes.io/zone", node.zone.as_str()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

/// A node as an object.
pub(crate) fn node(context: &mut Context<'_>, node: &NodePlan) -> Draft {
    let meta = Meta {
        name: node.name.clone(),
        uid: node.uid.clone(),
        created: context.clock.ago(node.age_s),
        labels: labels(context.profile, node),
        annotations: vec![("node.alpha.kubernetes.io/ttl".to_owned(), "0".to_owned())],
        ..Meta::default()
    };
    let managers = Managers {
        api_version: "v1",
        manager: "kube-controller-manager",
        status_manager: Some("kubelet"),
    };
    let fields = vec![("spec.unschedulable", node.unschedulable.to_string())];
    let rest = json!({"spec": spec(node), "status": status(context, node)});
    draft(context, meta, &managers, fields, rest)
}

fn spec(node: &NodePlan) -> Value {
    let cidr = format!("10.100.{}.0/24", node.number % 256);
    let mut spec = json!({
        "podCIDR": cidr, "podCIDRs": [cidr],
        "providerID": format!("aws:///{}/{}", node.zone, node.instance_id),
    });
    if node.unschedulable {
        spec["unschedulable"] = json!(true);
        spec["taints"] =
            json!([{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]);
    }
    if !node.ready {
        spec["taints"] = json!([
            {"key": "node.kubernetes.io/unreachable", "effect": "NoSchedule"},
            {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"},
        ]);
    }
    spec
}

fn status(context: &Context<'_>, node: &NodePlan) -> Value {
    let mut rng = Rng::keyed(context.seed, &["node-status", &node.uid]);
    let (cpu, memory_ki) = match node.instance_type {
        "m6i.2xlarge" => (8, 32_408_576),
        "m6i.4xlarge" => (16, 65_843_084),
        _ => (8, 65_035_264),
    };
    let room = |cpu: String, memory_ki: u64| {
        json!({
            "cpu": cpu, "ephemeral-storage": "104845292Ki", "hugepages-1Gi": "0", "hugepages-2Mi": "0",
            "memory": format!("{memory_ki}Ki"), "pods": "110",
        })
    };
    json!({
        "capacity": room(cpu.to_string(), memory_ki),
        "allocatable": room(format!("{}m", cpu * 1000 - 110), memory_ki - 2_096_952),
        "conditions": conditions(context, node),
        "addresses": [
            {"type": "InternalIP", "address": node.ip},
            {"type": "Hostname", "address": node.name},
            {"type": "InternalDNS", "address": node.name},
        ],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "nodeInfo": {
            "machineID": rng.hex(32), "systemUUID": rng.uid(), "bootID": rng.uid(),
            "kernelVersion": "6.12.40-64.114.amzn2023.x86_64", "osImage": "Amazon Linux 2023.8",
            "containerRuntimeVersion": "containerd://2.1.4", "kubeletVersion": KUBELET_VERSION,
            "kubeProxyVersion": "", "operatingSystem": "linux", "architecture": "amd64",
        },
        "images": images(context, node),
    })
}

fn conditions(context: &Context<'_>, node: &NodePlan) -> Vec<Value> {
    let heartbeat = context.clock.ago(if node.ready {
        20
    } else {
        node.changed_s.saturating_add(40)
    });
    let changed = context.clock.ago(node.changed_s);
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        json!({
            "type": kind, "status": status, "lastHeartbeatTime": heartbeat, "lastTransitionTime": changed,
            "reason": reason, "message": message,
        })
    };
    [
        (
            "MemoryPressure",
            "KubeletHasSufficientMemory",
            "kubelet has sufficient memory available",
        ),
        (
            "DiskPressure",
            "KubeletHasNoDiskPressure",
            "kubelet has no disk pressure",
        ),
        (
            "PIDPressure",
            "KubeletHasSufficientPID",
            "kubelet has sufficient PID available",
        ),
        ("Ready", "KubeletReady", "kubelet is posting ready status"),
    ]
    .into_iter()
    .map(|(kind, reason, message)| match (node.ready, kind) {
        (true, "Ready") => condition(kind, "True", reason, message),
        (true, _) => condition(kind, "False", reason, message),
        (false, _) => condition(
            kind,
            "Unknown",
            "NodeStatusUnknown",
            "Kubelet stopped posting node status.",
        ),
    })
    .collect()
}

fn images(context: &Context<'_>, node: &NodePlan) -> Vec<Value> {
    (0..12u64)
        .map(|number| {
            let name = format!("registry.example.com/acme/base-{number}");
            let digest = Rng::keyed(context.seed, &["image", &name]).hex(64);
            let size = 10_000_000 + number * 7_340_032 + (node.number as u64 % 7) * 1024;
            json!({"names": [format!("{name}@sha256:{digest}"), format!("{name}:v1")], "sizeBytes": size})
        })
        .collect()
}
