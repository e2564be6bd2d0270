//! Owns endpoints and endpoint slices: the addresses of each service's pods, by whether they are ready.

use serde_json::{Value, json};

use crate::objects::kinds::Writer;
use crate::objects::meta::{Managers, Meta};
use crate::objects::pod::labels;
use crate::objects::pod_plan::{PodPlan, PodState};
use crate::objects::workload::Workload;

/// What each service exposes: (name, the pods' port).
const PORTS: [(&str, u64); 2] = [("http", 8080), ("grpc", 9090)];

fn age_s(workload: &Workload) -> u64 {
    workload.rolled_out_s.saturating_mul(4)
}

/// The pods that have an address and are ready, or are not.
fn addressed(pods: &[PodPlan], ready: bool) -> impl Iterator<Item = (&PodPlan, &str)> {
    pods.iter()
        .filter(move |pod| (pod.state == PodState::Running) == ready)
        .filter_map(|pod| Some((pod, pod.ip.as_deref()?)))
}

fn target(workload: &Workload, pod: &PodPlan) -> Value {
    json!({"kind": "Pod", "namespace": workload.namespace, "name": pod.name, "uid": pod.uid})
}

/// The endpoints of every service.
pub(super) fn endpoints(writer: &mut Writer<'_>) {
    let plan = writer.plan;
    let managers = Managers {
        api_version: "v1",
        manager: "kube-controller-manager",
        status_manager: None,
    };
    for (workload, pods) in plan.deployments() {
        let changed = plan.clock.ago(workload.rolled_out_s);
        let meta = Meta {
            labels: [
                labels(workload),
                vec![(
                    "endpoints.kubernetes.io/managed-by".to_owned(),
                    "endpoint-controller".to_owned(),
                )],
            ]
            .concat(),
            annotations: vec![(
                "endpoints.kubernetes.io/last-change-trigger-time".to_owned(),
                changed,
            )],
            ..writer.meta(workload.namespace, workload.name.clone(), age_s(workload))
        };
        let addresses = |ready: bool| -> Vec<Value> {
            addressed(pods, ready)
                .map(|(pod, ip)| {
                    let node = plan.node_of(pod).map(|node| node.name.as_str());
                    json!({"ip": ip, "nodeName": node, "targetRef": target(workload, pod)})
                })
                .collect()
        };
        let ports: Vec<Value> = PORTS
            .iter()
            .map(|(name, port)| json!({"name": name, "port": port, "protocol": "TCP"}))
            .collect();
        let mut subset = json!({});
        for (member, ready) in [("addresses", true), ("notReadyAddresses", false)] {
            let addresses = addresses(ready);
            if !addresses.is_empty() {
                subset[member] = json!(addresses);
            }
        }
        let rest = if subset == json!({}) {
            json!({})
        } else {
            subset["ports"] = json!(ports);
            json!({"subsets": [subset]})
        };
        writer.put(meta, &managers, Vec::new(), rest);
    }
}

/// The slice of every service.
pub(super) fn endpoint_slices(writer: &mut Writer<'_>) {
    let plan = writer.plan;
    let managers = Managers {
        api_version: "discovery.k8s.io/v1",
        manager: "kube-controller-manager",
        status_manager: None,
    };
    for (workload, pods) in plan.deployments() {
        let mut rng = plan.stream(
            "endpointslices.discovery.k8s.io",
            workload.namespace,
            &workload.name,
        );
        let name = format!("{}-{}", workload.name, rng.suffix(5));
        let meta = Meta {
            generate_name: Some(format!("{}-", workload.name)),
            generation: Some(rng.between(2, 90)),
            labels: [
                labels(workload),
                vec![
                    (
                        "endpointslice.kubernetes.io/managed-by".to_owned(),
                        "endpointslice-controller.k8s.io".to_owned(),
                    ),
                    (
                        "kubernetes.io/service-name".to_owned(),
                        workload.name.clone(),
                    ),
                ],
            ]
            .concat(),
            ..writer.meta(workload.namespace, name, age_s(workload))
        };
        let endpoints: Vec<Value> = [true, false]
            .into_iter()
            .flat_map(|ready| addressed(pods, ready).map(move |(pod, ip)| (ready, pod, ip)))
            .map(|(ready, pod, ip)| {
                let node = plan.node_of(pod);
                json!({
                    "addresses": [ip],
                    "conditions": {"ready": ready, "serving": ready, "terminating": false},
                    "targetRef": target(workload, pod),
                    "nodeName": node.map(|node| node.name.as_str()),
                    "zone": node.map(|node| node.zone.as_str()),
                })
            })
            .collect();
        let ports: Vec<Value> = PORTS
            .iter()
            .map(|(name, port)| json!({"name": name, "protocol": "TCP", "port": port}))
            .collect();
        let rest = json!({"addressType": "IPv4", "endpoints": endpoints, "ports": ports});
        writer.put(meta, &managers, Vec::new(), rest);
    }
}
