//! Owns `status` of pods: phase, conditions and container states, in the shapes that the kubelet and the
//! scheduler write and the recordings show.

use serde_json::{Value, json};

use super::meta::Context;
use super::node::NodePlan;
use super::pod_plan::{PodPlan, PodState};
use super::pod_spec::{container_image, container_names};
use super::workload::Workload;
use crate::seed::Rng;

/// How long a job's pod or a failing start of a program runs.
pub(super) const RUN_S: u64 = 40;
/// How long the kubelet waits before it starts a program again that keeps failing (its `MaxContainerBackOff`).
pub(super) const BACK_OFF_S: u64 = 300;

/// The `status` of a pod.
pub(crate) fn status(
    context: &Context<'_>,
    workload: &Workload,
    pod: &PodPlan,
    node: Option<&NodePlan>,
) -> Value {
    match pod.state {
        PodState::Unschedulable => unschedulable(context, pod),
        PodState::Evicted => json!({
            "phase": "Failed",
            "message": "The node was low on resource: memory. Threshold quantity: 100Mi, available: 91420Ki.",
            "reason": "Evicted",
            "startTime": context.clock.ago(pod.age_s),
            "qosClass": "Burstable",
        }),
        _ => scheduled(context, workload, pod, node),
    }
}

fn unschedulable(context: &Context<'_>, pod: &PodPlan) -> Value {
    json!({
        "phase": "Pending",
        "conditions": [{
            "type": "PodScheduled", "status": "False", "lastProbeTime": null,
            "lastTransitionTime": context.clock.ago(pod.age_s), "reason": "Unschedulable",
            "message": unschedulable_message(context),
        }],
        "qosClass": "Burstable",
    })
}

/// What the scheduler says in the condition and in the event.
pub(crate) fn unschedulable_message(context: &Context<'_>) -> String {
    let nodes = context.nodes;
    let full = nodes.saturating_sub(1);
    format!(
        "0/{nodes} nodes are available: 1 node(s) were unschedulable, {full} Insufficient cpu. preemption: 0/{nodes} \
         nodes are available: {nodes} Preemption is not helpful for scheduling."
    )
}

fn scheduled(
    context: &Context<'_>,
    workload: &Workload,
    pod: &PodPlan,
    node: Option<&NodePlan>,
) -> Value {
    let containers: Vec<Value> = container_names(workload)
        .iter()
        .enumerate()
        .map(|(place, name)| container_status(context, workload, pod, name, place == 0))
        .collect();
    let unready: Vec<&str> = containers
        .iter()
        .filter(|container| container["ready"] == json!(false))
        .filter_map(|container| container["name"].as_str())
        .collect();
    let mut status = json!({
        "phase": pod.state.phase(),
        "conditions": conditions(context, pod, &unready),
    });
    if let Some(node) = node {
        status["hostIP"] = json!(node.ip);
        status["hostIPs"] = json!([{"ip": node.ip}]);
    }
    if let Some(ip) = &pod.ip {
        status["podIP"] = json!(ip);
        status["podIPs"] = json!([{"ip": ip}]);
    }
    status["startTime"] = json!(context.clock.ago(pod.age_s));
    status["containerStatuses"] = json!(containers);
    status["qosClass"] = json!("Burstable");
    status
}

fn conditions(context: &Context<'_>, pod: &PodPlan, unready: &[&str]) -> Vec<Value> {
    let at = |after_s: u64| context.clock.ago(pod.age_s.saturating_sub(after_s));
    let good = |kind: &str, after_s: u64| json!({"type": kind, "status": "True", "lastProbeTime": null, "lastTransitionTime": at(after_s)});
    let readiness = |kind: &str, after_s: u64| {
        if unready.is_empty() {
            return good(kind, after_s);
        }
        let mut condition = good(kind, after_s);
        condition["status"] = json!("False");
        let done = pod.state == PodState::Completed;
        condition["reason"] = json!(if done {
            "PodCompleted"
        } else {
            "ContainersNotReady"
        });
        if !done {
            condition["message"] = json!(format!(
                "containers with unready status: [{}]",
                unready.join(" ")
            ));
        }
        condition
    };
    vec![
        good("PodReadyToStartContainers", 0),
        good("Initialized", 1),
        readiness("Ready", 2),
        readiness("ContainersReady", 3),
        good("PodScheduled", 4),
    ]
}

fn container_status(
    context: &Context<'_>,
    workload: &Workload,
    pod: &PodPlan,
    name: &str,
    program: bool,
) -> Value {
    let mut rng = Rng::keyed(context.seed, &["container", &pod.uid, name]);
    let container_id = format!("containerd://{}", rng.hex(64));
    let previous_id = format!("containerd://{}", rng.hex(64));
    let image = container_image(workload, name);
    let repository = image
        .rsplit_once(':')
        .map_or(image.as_str(), |(repository, _)| repository);
    // One image has one digest in the whole fleet.
    let digest = Rng::keyed(context.seed, &["image", &image]).hex(64);
    let started = |ago_s: u64| context.clock.ago(ago_s);
    let terminated = |from_s: u64, exit_code: u64, reason: &str, id: &str| {
        json!({"terminated": {
            "exitCode": exit_code, "reason": reason, "startedAt": started(from_s),
            "finishedAt": started(from_s.saturating_sub(RUN_S)), "containerID": id,
        }})
    };
    let running_since = if program && pod.restarts > 0 {
        pod.last_restart_s
    } else {
        pod.age_s
    };
    let running = || json!({"running": {"startedAt": started(running_since)}});
    let restarts = if program { pod.restarts } else { 0 };
    let crashed = || {
        terminated(
            pod.last_restart_s.saturating_add(RUN_S),
            1,
            "Error",
            &previous_id,
        )
    };
    let (state, last_state, ready, has_image) = match (pod.state, program) {
        (PodState::CrashLoop, true) => (
            json!({"waiting": {"reason": "CrashLoopBackOff", "message": crash_message(workload, pod)}}),
            crashed(),
            false,
            true,
        ),
        (PodState::ImagePull, true) => (
            json!({"waiting": {"reason": "ImagePullBackOff", "message": pull_message(&image)}}),
            json!({}),
            false,
            false,
        ),
        (PodState::Completed, _) => (
            terminated(pod.age_s, 0, "Completed", &container_id),
            json!({}),
            false,
            true,
        ),
        (PodState::JobFailed, _) => (
            terminated(pod.age_s, 1, "Error", &container_id),
            json!({}),
            false,
            true,
        ),
        _ if restarts > 0 => (running(), crashed(), true, true),
        _ => (running(), json!({}), true, true),
    };
    let mut status = json!({
        "name": name, "state": state, "lastState": last_state, "ready": ready, "restartCount": restarts,
        "image": image, "imageID": if has_image { format!("{repository}@sha256:{digest}") } else { String::new() },
    });
    if has_image {
        status["containerID"] = json!(container_id);
    }
    status["started"] = json!(ready);
    status
}

/// What the kubelet says of a container that fails again and again.
pub(crate) fn crash_message(workload: &Workload, pod: &PodPlan) -> String {
    format!(
        "back-off 5m0s restarting failed container={} pod={}_{}({})",
        workload.name, pod.name, workload.namespace, pod.uid
    )
}

/// What the kubelet says of an image that is not there.
pub(crate) fn pull_message(image: &str) -> String {
    format!("Back-off pulling image \"{image}\": ErrImagePull: manifest unknown")
}
