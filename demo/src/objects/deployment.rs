//! Owns deployments and their replica sets: the newest with all the pods, and the one before it with none.

use serde_json::{Value, json};

use super::collection::Draft;
use super::meta::{Context, Managers, Meta, draft};
use super::pod::{labels, template_annotations, template_labels};
use super::pod_spec;
use super::workload::Workload;
use crate::seed::Rng;

const MANAGERS: Managers = Managers {
    api_version: "apps/v1",
    manager: "kube-controller-manager",
    status_manager: Some("kube-controller-manager"),
};
/// The revision the newest replica sets have; the one before has one less.
pub(super) const REVISION: u64 = 3;

/// A deployment; `ready` of its pods are ready.
pub(crate) fn deployment(context: &mut Context<'_>, workload: &Workload, ready: usize) -> Draft {
    let age_s = workload.rolled_out_s.saturating_mul(4);
    let meta = Meta {
        name: workload.name.clone(),
        namespace: workload.namespace.to_owned(),
        uid: workload.uid.clone(),
        generation: Some(REVISION),
        created: context.clock.ago(age_s),
        labels: labels(workload),
        annotations: vec![
            (
                "deployment.kubernetes.io/revision".to_owned(),
                REVISION.to_string(),
            ),
            (
                "meta.helm.sh/release-name".to_owned(),
                workload.name.clone(),
            ),
            (
                "meta.helm.sh/release-namespace".to_owned(),
                workload.namespace.to_owned(),
            ),
        ],
        ..Meta::default()
    };
    let rest = json!({
        "spec": {
            "replicas": workload.replicas,
            "selector": {"matchLabels": {"app.kubernetes.io/name": workload.name}},
            "template": template(context, workload, labels(workload)),
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
            "revisionHistoryLimit": 10,
            "progressDeadlineSeconds": 600,
        },
        "status": deployment_status(context, workload, ready),
    });
    draft(context, meta, &MANAGERS, Vec::new(), rest)
}

fn deployment_status(context: &Context<'_>, workload: &Workload, ready: usize) -> Value {
    let mut status = json!({
        "observedGeneration": REVISION, "replicas": workload.replicas, "updatedReplicas": workload.replicas,
    });
    // Zero counts are left out by the encoding (omitempty).
    if ready > 0 {
        status["readyReplicas"] = json!(ready);
        status["availableReplicas"] = json!(ready);
    }
    if ready < workload.replicas {
        status["unavailableReplicas"] = json!(workload.replicas.saturating_sub(ready));
    }
    let (created, rolled_out) = (
        context.clock.ago(workload.rolled_out_s.saturating_mul(4)),
        context.clock.ago(workload.rolled_out_s),
    );
    // 25% may be unavailable before the deployment as a whole counts as such.
    let available = workload.replicas.saturating_sub(ready).saturating_mul(4) <= workload.replicas;
    let (value, reason, message) = if available {
        (
            "True",
            "MinimumReplicasAvailable",
            "Deployment has minimum availability.",
        )
    } else {
        (
            "False",
            "MinimumReplicasUnavailable",
            "Deployment does not have minimum availability.",
        )
    };
    status["conditions"] = json!([
        {"type": "Available", "status": value, "lastUpdateTime": created, "lastTransitionTime": created,
         "reason": reason, "message": message},
        {"type": "Progressing", "status": "True", "lastUpdateTime": rolled_out, "lastTransitionTime": created,
         "reason": "NewReplicaSetAvailable",
         "message": format!("ReplicaSet \"{}\" has successfully progressed.", workload.owner_name())},
    ]);
    status
}

/// The replica sets of a deployment: the one before and the newest.
pub(crate) fn replica_sets(
    context: &mut Context<'_>,
    workload: &Workload,
    ready: usize,
) -> Vec<Draft> {
    let mut rng = Rng::keyed(
        context.seed,
        &["previous", &context.profile.name, &workload.uid],
    );
    let previous = Workload {
        version: workload.previous_version.clone(),
        hash: rng.suffix(10),
        owner_uid: rng.uid(),
        replicas: 0,
        rolled_out_s: workload.rolled_out_s.saturating_mul(3),
        ..workload.clone()
    };
    vec![
        replica_set(context, &previous, workload, 0, REVISION.saturating_sub(1)),
        replica_set(context, workload, workload, ready, REVISION),
    ]
}

fn replica_set(
    context: &mut Context<'_>,
    workload: &Workload,
    deployment: &Workload,
    ready: usize,
    revision: u64,
) -> Draft {
    let desired = deployment.replicas;
    let annotation =
        |name: &str, value: String| (format!("deployment.kubernetes.io/{name}"), value);
    let meta = Meta {
        name: workload.owner_name(),
        namespace: workload.namespace.to_owned(),
        uid: workload.owner_uid.clone(),
        generation: Some(1),
        created: context.clock.ago(workload.rolled_out_s),
        labels: template_labels(workload),
        annotations: vec![
            annotation("desired-replicas", desired.to_string()),
            annotation(
                "max-replicas",
                desired.saturating_add(desired.div_ceil(4)).to_string(),
            ),
            annotation("revision", revision.to_string()),
        ],
        owner: Some((
            "apps/v1",
            "Deployment",
            deployment.name.clone(),
            deployment.uid.clone(),
        )),
        ..Meta::default()
    };
    let mut status = json!({"replicas": workload.replicas});
    if workload.replicas > 0 {
        status["fullyLabeledReplicas"] = json!(workload.replicas);
    }
    if ready > 0 {
        status["readyReplicas"] = json!(ready);
        status["availableReplicas"] = json!(ready);
    }
    status["observedGeneration"] = json!(1);
    let rest = json!({
        "spec": {
            "replicas": workload.replicas,
            "selector": {"matchLabels": {"app.kubernetes.io/name": workload.name, "pod-template-hash": workload.hash}},
            "template": template(context, workload, template_labels(workload)),
        },
        "status": status,
    });
    let fields = vec![("status.replicas", workload.replicas.to_string())];
    draft(context, meta, &MANAGERS, fields, rest)
}

pub(super) fn template(
    context: &Context<'_>,
    workload: &Workload,
    labels: Vec<(String, String)>,
) -> Value {
    let object = |pairs: Vec<(String, String)>| {
        Value::Object(
            pairs
                .into_iter()
                .map(|(name, value)| (name, Value::String(value)))
                .collect(),
        )
    };
    let mut spec = pod_spec::spec(workload, None);
    if let Some(spec) = spec.as_object_mut() {
        // The API server defaults these on pods, not in templates.
        for name in ["priority", "enableServiceLinks", "preemptionPolicy"] {
            spec.shift_remove(name);
        }
    }
    json!({
        "metadata": {"labels": object(labels), "annotations": object(template_annotations(context, workload))},
        "spec": spec,
    })
}
