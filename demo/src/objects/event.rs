//! Owns events: what the scheduler, the kubelet and the controllers said in the last hour (the time a real
//! kube-apiserver keeps them). Every pod in trouble and every node that is not ready has its warnings.

use serde_json::json;

use super::collection::Draft;
use super::meta::{Context, Managers, Meta, draft};
use super::node::NodePlan;
use super::pod_plan::{PodPlan, PodState};
use super::pod_spec::container_image;
use super::pod_status::{crash_message, pull_message, unschedulable_message};
use super::workload::Workload;
use crate::seed::Rng;

/// kube-apiserver's default `--event-ttl`.
pub(super) const TTL_S: u64 = 3600;

/// What happened, to whom, and who says so.
pub(super) struct Event<'a> {
    pub(super) kind: &'static str,
    pub(super) namespace: &'a str,
    pub(super) name: &'a str,
    pub(super) uid: &'a str,
    pub(super) field_path: Option<String>,
    pub(super) warning: bool,
    pub(super) reason: &'static str,
    pub(super) message: String,
    pub(super) component: &'static str,
    pub(super) host: &'a str,
    pub(super) count: u64,
    /// Seconds since it was last seen.
    pub(super) last_s: u64,
}

/// The events about a pod; a healthy one has those of a start if it started within the hour.
pub(crate) fn about_pod(
    context: &mut Context<'_>,
    workload: &Workload,
    pod: &PodPlan,
    node: Option<&NodePlan>,
) -> Vec<Draft> {
    let mut rng = Rng::keyed(context.seed, &["events", &pod.uid]);
    let host = node.map_or("", |node| node.name.as_str());
    let event = |warning, reason, message: String, component, count, last_s| Event {
        kind: "Pod",
        namespace: workload.namespace,
        name: &pod.name,
        uid: &pod.uid,
        field_path: (component == "kubelet" && reason != "Evicted")
            .then(|| format!("spec.containers{{{}}}", workload.name)),
        warning,
        reason,
        message,
        component,
        host: if component == "kubelet" { host } else { "" },
        count,
        last_s,
    };
    let image = container_image(workload, &workload.name);
    let recent_s = rng.between(15, 280);
    let events = match pod.state {
        PodState::CrashLoop => vec![
            event(
                true,
                "BackOff",
                crash_message(workload, pod),
                "kubelet",
                pod.restarts.saturating_mul(9),
                recent_s,
            ),
            event(
                false,
                "Pulled",
                format!("Container image \"{image}\" already present on machine"),
                "kubelet",
                pod.restarts,
                pod.last_restart_s.saturating_add(40),
            ),
        ],
        PodState::ImagePull => {
            let count = rng.between(20, 200);
            vec![
                event(
                    true,
                    "Failed",
                    pull_message(&image),
                    "kubelet",
                    count,
                    recent_s,
                ),
                event(
                    false,
                    "BackOff",
                    format!("Back-off pulling image \"{image}\""),
                    "kubelet",
                    count,
                    recent_s,
                ),
            ]
        }
        PodState::Unschedulable => {
            let count = rng.between(3, 40);
            let message = unschedulable_message(context);
            vec![event(
                true,
                "FailedScheduling",
                message,
                "default-scheduler",
                count,
                recent_s,
            )]
        }
        PodState::Evicted => {
            let message = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 91420Ki.";
            vec![event(
                true,
                "Evicted",
                message.to_owned(),
                "kubelet",
                1,
                rng.between(600, TTL_S - 60),
            )]
        }
        PodState::Running if rng.chance(60) => {
            let message =
                "Readiness probe failed: HTTP probe failed with statuscode: 503".to_owned();
            vec![event(
                true,
                "Unhealthy",
                message,
                "kubelet",
                rng.between(1, 30),
                rng.between(60, TTL_S - 60),
            )]
        }
        _ if pod.age_s < TTL_S => vec![
            event(
                false,
                "Scheduled",
                format!(
                    "Successfully assigned {}/{} to {host}",
                    workload.namespace, pod.name
                ),
                "default-scheduler",
                1,
                pod.age_s,
            ),
            event(
                false,
                "Started",
                format!("Started container {}", workload.name),
                "kubelet",
                1,
                pod.age_s,
            ),
        ],
        _ => Vec::new(),
    };
    events
        .into_iter()
        .map(|event| write(context, event, &mut rng))
        .collect()
}

/// The events about a node that is not ready.
pub(crate) fn about_node(context: &mut Context<'_>, node: &NodePlan) -> Vec<Draft> {
    let mut rng = Rng::keyed(context.seed, &["events", &node.uid]);
    if node.ready {
        return Vec::new();
    }
    let event = Event {
        kind: "Node",
        namespace: "default",
        name: &node.name,
        uid: &node.name,
        field_path: None,
        warning: true,
        reason: "NodeNotReady",
        message: format!("Node {} status is now: NodeNotReady", node.name),
        component: "node-controller",
        host: "",
        count: 1,
        last_s: node.changed_s,
    };
    vec![write(context, event, &mut rng)]
}

/// The event of a rollout that ended within the hour, or of a scaling that did.
pub(crate) fn about_deployment(context: &mut Context<'_>, workload: &Workload) -> Vec<Draft> {
    let mut rng = Rng::keyed(context.seed, &["events", &workload.uid]);
    if !rng.chance(300) || workload.replicas == 0 {
        return Vec::new();
    }
    let from = workload.replicas.saturating_sub(1);
    let event = Event {
        kind: "Deployment",
        namespace: workload.namespace,
        name: &workload.name,
        uid: &workload.uid,
        field_path: None,
        warning: false,
        reason: "ScalingReplicaSet",
        message: format!(
            "Scaled up replica set {} from {from} to {}",
            workload.owner_name(),
            workload.replicas
        ),
        component: "deployment-controller",
        host: "",
        count: 1,
        last_s: rng.between(120, TTL_S - 60),
    };
    vec![write(context, event, &mut rng)]
}

/// Writes an event out; its identity comes from the stream.
pub(super) fn write(context: &mut Context<'_>, event: Event<'_>, rng: &mut Rng) -> Draft {
    let first_s = event
        .last_s
        .saturating_add(event.count.saturating_sub(1).saturating_mul(30));
    let api_version = if event.kind == "Deployment" {
        "apps/v1"
    } else {
        "v1"
    };
    let mut involved = json!({"kind": event.kind});
    if event.kind != "Node" {
        involved["namespace"] = json!(event.namespace);
    }
    involved["name"] = json!(event.name);
    involved["uid"] = json!(event.uid);
    if event.kind != "Node" {
        involved["apiVersion"] = json!(api_version);
        involved["resourceVersion"] = json!(context.list_version().to_string());
    }
    if let Some(path) = &event.field_path {
        involved["fieldPath"] = json!(path);
    }
    let mut source = json!({"component": event.component});
    if !event.host.is_empty() {
        source["host"] = json!(event.host);
    }
    let kind = if event.warning { "Warning" } else { "Normal" };
    let meta = Meta {
        name: format!("{}.{}", event.name, rng.hex(16)),
        namespace: event.namespace.to_owned(),
        uid: rng.uid(),
        created: context.clock.ago(first_s),
        ..Meta::default()
    };
    let text =
        |value: &serde_json::Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let fields = vec![
        ("involvedObject.kind", event.kind.to_owned()),
        ("involvedObject.namespace", text(&involved, "namespace")),
        ("involvedObject.name", event.name.to_owned()),
        ("involvedObject.uid", event.uid.to_owned()),
        ("involvedObject.apiVersion", text(&involved, "apiVersion")),
        (
            "involvedObject.resourceVersion",
            text(&involved, "resourceVersion"),
        ),
        (
            "involvedObject.fieldPath",
            event.field_path.clone().unwrap_or_default(),
        ),
        ("reason", event.reason.to_owned()),
        ("reportingComponent", event.component.to_owned()),
        ("source", event.component.to_owned()),
        ("type", kind.to_owned()),
    ];
    let rest = json!({
        "involvedObject": involved, "reason": event.reason, "message": event.message, "source": source,
        "firstTimestamp": context.clock.ago(first_s), "lastTimestamp": context.clock.ago(event.last_s),
        "count": event.count, "type": kind, "eventTime": null,
        "reportingComponent": event.component, "reportingInstance": event.host,
    });
    let managers = Managers {
        api_version: "v1",
        manager: event.component,
        status_manager: None,
    };
    draft(context, meta, &managers, fields, rest)
}
