//! Owns the table of cron jobs.

use trawl_sdk::schema::Type;

use super::common::{flag, spec_and_status, template, workload};
use super::{BASE, Column, Kind, derived, path};
use crate::derive::{cron_job_workload, length};

pub(super) const KIND: Kind = Kind {
    name: "cronjobs",
    aliases: &["cronjob", "cj"],
    description: "Cron jobs",
    api: &["apis", "batch", "v1"],
    own: columns,
    optional: true,
    ..BASE
};

fn columns() -> Vec<Column> {
    let mut columns = vec![
        path(
            "schedule",
            Type::Utf8,
            &["spec", "schedule"],
            "When it runs, as cron writes it",
        ),
        path(
            "time_zone",
            Type::Utf8,
            &["spec", "timeZone"],
            "Time zone of the schedule; null is the controller's",
        ),
        flag(
            "suspend",
            &[&["spec", "suspend"]],
            "Whether it is suspended",
        ),
        derived(
            "active",
            Type::Int64,
            &[&["status", "active"]],
            length,
            "Jobs of it that run",
        ),
        path(
            "last_schedule",
            Type::Timestamp,
            &["status", "lastScheduleTime"],
            "When a job was made last, UTC",
        ),
        path(
            "last_success",
            Type::Timestamp,
            &["status", "lastSuccessfulTime"],
            "When a job succeeded last, UTC",
        ),
        path(
            "concurrency_policy",
            Type::Utf8,
            &["spec", "concurrencyPolicy"],
            "Allow, Forbid or Replace",
        ),
        derived(
            "workload",
            workload(),
            &[&["metadata", "name"]],
            cron_job_workload,
            "Itself, as its jobs say it, so that both can be joined by it",
        ),
    ];
    columns.extend(template(&[&[
        "spec",
        "jobTemplate",
        "spec",
        "template",
        "spec",
        "containers",
    ]]));
    columns.extend(spec_and_status(
        include_str!("../shapes/cronjobs.spec.txt"),
        include_str!("../shapes/cronjobs.status.txt"),
    ));
    columns
}
