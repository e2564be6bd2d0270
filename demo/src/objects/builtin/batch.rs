//! Owns jobs, whose pods are in the plan, and the cron jobs that started them.

use serde_json::{Value, json};

use crate::objects::deployment::template;
use crate::objects::kinds::Writer;
use crate::objects::meta::{Managers, Meta};
use crate::objects::pod::{labels, template_labels};
use crate::objects::pod_plan::{PodPlan, PodState};
use crate::objects::pod_status::RUN_S;
use crate::objects::workload::Workload;

const API_VERSION: &str = "batch/v1";
/// How often a job tries again.
const BACKOFF_LIMIT: u64 = 2;

/// One job for each workload of the plan that is one.
pub(super) fn jobs(writer: &mut Writer<'_>) {
    let managers = Managers {
        api_version: API_VERSION,
        manager: "kube-controller-manager",
        status_manager: Some("kube-controller-manager"),
    };
    let plan = writer.plan;
    for (workload, pods) in plan.jobs() {
        let cron_uid = plan.uid("cronjobs.batch", workload.namespace, &workload.name);
        let oldest_s = pods.iter().map(|pod| pod.age_s).max().unwrap_or_default();
        let succeeded = count(pods, PodState::Completed);
        let meta = Meta {
            uid: workload.owner_uid.clone(),
            generation: Some(1),
            labels: template_labels(workload),
            annotations: vec![(
                "batch.kubernetes.io/cronjob-scheduled-timestamp".to_owned(),
                plan.clock.ago(oldest_s),
            )],
            owner: Some((API_VERSION, "CronJob", workload.name.clone(), cron_uid)),
            ..writer.meta(workload.namespace, workload.owner_name(), oldest_s)
        };
        let mut spec = job_spec(writer, workload, template_labels(workload));
        spec["parallelism"] = json!(1);
        spec["completions"] = json!(workload.replicas);
        spec["selector"] =
            json!({"matchLabels": {"batch.kubernetes.io/controller-uid": workload.owner_uid}});
        spec["suspend"] = json!(false);
        let status = status(writer, pods);
        let fields = vec![("status.successful", succeeded.to_string())];
        writer.put(
            meta,
            &managers,
            fields,
            json!({"spec": spec, "status": status}),
        );
    }
}

fn count(pods: &[PodPlan], state: PodState) -> usize {
    pods.iter().filter(|pod| pod.state == state).count()
}

fn status(writer: &Writer<'_>, pods: &[PodPlan]) -> Value {
    let clock = writer.plan.clock;
    let oldest_s = pods.iter().map(|pod| pod.age_s).max().unwrap_or_default();
    let ended_s = pods
        .iter()
        .map(|pod| pod.age_s.saturating_sub(RUN_S))
        .min()
        .unwrap_or_default();
    let (succeeded, failed) = (
        count(pods, PodState::Completed),
        count(pods, PodState::JobFailed),
    );
    let ended = clock.ago(ended_s);
    let condition = |kind: &str, reason: &str, message: &str| {
        json!({
            "type": kind, "status": "True", "lastProbeTime": ended, "lastTransitionTime": ended, "reason": reason,
            "message": message,
        })
    };
    let mut status = if failed == 0 {
        let message = "Reached expected number of succeeded pods";
        json!({
            "conditions": [
                condition("SuccessCriteriaMet", "CompletionsReached", message),
                condition("Complete", "CompletionsReached", message),
            ],
            "startTime": clock.ago(oldest_s), "completionTime": ended,
        })
    } else {
        let message = "Job has reached the specified backoff limit";
        json!({
            "conditions": [
                condition("FailureTarget", "BackoffLimitExceeded", message),
                condition("Failed", "BackoffLimitExceeded", message),
            ],
            "startTime": clock.ago(oldest_s),
        })
    };
    // Zero counts are left out by the encoding (omitempty).
    for (name, count) in [("succeeded", succeeded), ("failed", failed)] {
        if count > 0 {
            status[name] = json!(count);
        }
    }
    status["terminating"] = json!(0);
    status["uncountedTerminatedPods"] = json!({});
    status["ready"] = json!(0);
    status
}

/// What a job and a cron job's template for it have in common.
fn job_spec(writer: &Writer<'_>, workload: &Workload, labels: Vec<(String, String)>) -> Value {
    json!({
        "backoffLimit": BACKOFF_LIMIT,
        "template": template(&writer.context, workload, labels),
        "completionMode": "NonIndexed",
    })
}

/// The cron job of every job; one in ten is suspended.
pub(super) fn cron_jobs(writer: &mut Writer<'_>) {
    let managers = Managers {
        api_version: API_VERSION,
        manager: "helm",
        status_manager: Some("kube-controller-manager"),
    };
    let plan = writer.plan;
    for (workload, pods) in plan.jobs() {
        let mut rng = plan.stream("cronjobs.batch", workload.namespace, &workload.name);
        let suspend = rng.chance(100);
        let meta = Meta {
            generation: Some(1),
            labels: labels(workload),
            ..writer.meta(
                workload.namespace,
                workload.name.clone(),
                workload.rolled_out_s.saturating_mul(4),
            )
        };
        let mut template = job_spec(writer, workload, labels(workload));
        template["completions"] = json!(workload.replicas);
        let oldest_s = pods.iter().map(|pod| pod.age_s).max().unwrap_or_default();
        // The schedule is the minute of the day at which the job that is there was started.
        let started_min = plan.clock.ago_s(oldest_s).div_euclid(60);
        let (minute, hour) = (
            started_min.rem_euclid(60),
            started_min.div_euclid(60).rem_euclid(24),
        );
        let mut status = json!({"lastScheduleTime": plan.clock.ago(oldest_s)});
        if pods.iter().all(|pod| pod.state == PodState::Completed) {
            status["lastSuccessfulTime"] = json!(plan.clock.ago(oldest_s.saturating_sub(RUN_S)));
        }
        let rest = json!({
            "spec": {
                "schedule": format!("{minute} {hour} * * *"),
                "concurrencyPolicy": "Forbid",
                "suspend": suspend,
                "jobTemplate": {"metadata": {}, "spec": template},
                "successfulJobsHistoryLimit": 3,
                "failedJobsHistoryLimit": 1,
            },
            "status": status,
        });
        writer.put(meta, &managers, Vec::new(), rest);
    }
}
