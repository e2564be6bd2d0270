//! Owns the table of jobs.

use trawl_sdk::schema::Type;

use super::common::{conditions, count, flag, selector, spec_and_status, template, workload};
use super::{BASE, Column, Kind, counted, derived, path};
use crate::derive::{job_duration, job_progress, job_state, job_workload};

pub(super) const KIND: Kind = Kind {
    name: "jobs",
    aliases: &["job"],
    description: "Jobs",
    api: &["apis", "batch", "v1"],
    own: columns,
    // pkg/registry/batch/job/strategy.go, JobToSelectableFields: the count of status.succeeded.
    fields: &[counted(&["status", "succeeded"], "status.successful")],
    ..BASE
};

fn columns() -> Vec<Column> {
    let mut columns = vec![
        derived(
            "state",
            Type::Utf8,
            &[
                &["status", "conditions"],
                &["metadata", "deletionTimestamp"],
            ],
            job_state,
            "kubectl's STATUS: Complete, Failed, Terminating, Suspended, FailureTarget or Running",
        ),
        derived(
            "progress",
            Type::Utf8,
            &[
                &["status", "succeeded"],
                &["spec", "completions"],
                &["spec", "parallelism"],
            ],
            job_progress,
            "kubectl's COMPLETIONS: `2/3`",
        ),
        path(
            "completions",
            Type::Int64,
            &["spec", "completions"],
            "Pods that must succeed; null when any one does",
        ),
        path(
            "parallelism",
            Type::Int64,
            &["spec", "parallelism"],
            "Pods that may run at once",
        ),
        count("active", &[&["status", "active"]], "Pods that run or wait"),
        count(
            "succeeded",
            &[&["status", "succeeded"]],
            "Pods that succeeded",
        ),
        count("failed", &[&["status", "failed"]], "Pods that failed"),
        path(
            "start_time",
            Type::Timestamp,
            &["status", "startTime"],
            "When it began, UTC",
        ),
        path(
            "completion_time",
            Type::Timestamp,
            &["status", "completionTime"],
            "When it was complete, UTC; null for one that failed",
        ),
        derived(
            "duration",
            Type::Duration,
            &[&["status", "startTime"], &["status", "completionTime"]],
            job_duration,
            "From its start to its completion",
        ),
        flag(
            "suspend",
            &[&["spec", "suspend"]],
            "Whether it is suspended",
        ),
        derived(
            "workload",
            workload(),
            &[&["metadata", "name"], &["metadata", "ownerReferences"]],
            job_workload,
            "Its cron job, or itself",
        ),
    ];
    columns.extend(template(&[&["spec", "template", "spec", "containers"]]));
    columns.push(selector());
    columns.push(conditions());
    columns.extend(spec_and_status(
        include_str!("../shapes/jobs.spec.txt"),
        include_str!("../shapes/jobs.status.txt"),
    ));
    columns
}
