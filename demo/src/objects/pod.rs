//! Owns pods as objects: plan, `spec` and `status` put together.

use serde_json::json;

use super::collection::Draft;
use super::meta::{Context, Managers, Meta, draft};
use super::node::NodePlan;
use super::pod_plan::{PodPlan, PodState};
use super::workload::{Owner, Workload};
use super::{pod_spec, pod_status};
use crate::seed::Rng;

/// A pod of a workload.
pub(crate) fn pod(
    context: &mut Context<'_>,
    workload: &Workload,
    pod: &PodPlan,
    node: Option<&NodePlan>,
) -> Draft {
    let status = pod_status::status(context, workload, pod, node);
    let node_name = node.map(|node| node.name.as_str());
    let labels = all_labels(workload, node);
    let owner_kind = match workload.owner {
        Owner::Deployment => ("apps/v1", "ReplicaSet"),
        Owner::Job => ("batch/v1", "Job"),
    };
    let meta = Meta {
        name: pod.name.clone(),
        generate_name: Some(format!("{}-", workload.owner_name())),
        namespace: workload.namespace.to_owned(),
        uid: pod.uid.clone(),
        generation: Some(1),
        created: context.clock.ago(pod.age_s),
        labels,
        annotations: template_annotations(context, workload),
        owner: Some((
            owner_kind.0,
            owner_kind.1,
            workload.owner_name(),
            workload.owner_uid.clone(),
        )),
        ..Meta::default()
    };
    let status_manager = match pod.state {
        PodState::Unschedulable => "kube-scheduler",
        _ => "kubelet",
    };
    let managers = Managers {
        api_version: "v1",
        manager: "kube-controller-manager",
        status_manager: Some(status_manager),
    };
    let fields = vec![
        ("spec.nodeName", node_name.unwrap_or_default().to_owned()),
        (
            "spec.restartPolicy",
            if workload.owner == Owner::Job {
                "Never"
            } else {
                "Always"
            }
            .to_owned(),
        ),
        ("spec.schedulerName", "default-scheduler".to_owned()),
        ("spec.serviceAccountName", "default".to_owned()),
        ("spec.hostNetwork", "false".to_owned()),
        ("status.phase", pod.state.phase().to_owned()),
        ("status.podIP", pod.ip.clone().unwrap_or_default()),
        ("status.podIPs", pod.ip.clone().unwrap_or_default()),
    ];
    let rest = json!({"spec": pod_spec::spec(workload, node_name), "status": status});
    draft(context, meta, &managers, fields, rest)
}

/// The labels of a workload's objects, without the hash.
pub(crate) fn labels(workload: &Workload) -> Vec<(String, String)> {
    [
        ("app.kubernetes.io/component", workload.component.to_owned()),
        (
            "app.kubernetes.io/instance",
            format!("{}-{}", workload.name, workload.namespace),
        ),
        ("app.kubernetes.io/name", workload.name.clone()),
        ("app.kubernetes.io/version", workload.version.clone()),
        ("team", workload.team.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

/// The labels of a workload's pods: those of the workload and what ties them to their owner.
pub(crate) fn template_labels(workload: &Workload) -> Vec<(String, String)> {
    let mut labels = labels(workload);
    labels.push(match workload.owner {
        Owner::Deployment => ("pod-template-hash".to_owned(), workload.hash.clone()),
        Owner::Job => (
            "batch.kubernetes.io/job-name".to_owned(),
            workload.owner_name(),
        ),
    });
    labels
}

/// The labels of a pod: those of its template, and the zone of the node it was bound to.
pub(crate) fn all_labels(workload: &Workload, node: Option<&NodePlan>) -> Vec<(String, String)> {
    let mut labels = template_labels(workload);
    if let Some(node) = node {
        labels.push(("topology.kubernetes.io/zone".to_owned(), node.zone.clone()));
    }
    labels
}

/// The annotations of a workload's pods.
pub(crate) fn template_annotations(
    context: &Context<'_>,
    workload: &Workload,
) -> Vec<(String, String)> {
    let checksum = Rng::keyed(context.seed, &["config", &workload.uid]).hex(64);
    vec![
        ("checksum/config".to_owned(), checksum),
        ("prometheus.io/scrape".to_owned(), "true".to_owned()),
    ]
}
