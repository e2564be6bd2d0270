//! Owns the table of deployments.

use trawl_sdk::schema::Type;

use super::common::{conditions, count, flag, selector, spec_and_status, template, workload};
use super::{BASE, Column, Kind, derived, path};
use crate::derive::{deployment_workload, ready_of};

pub(super) const KIND: Kind = Kind {
    name: "deployments",
    aliases: &["deployment", "deploy"],
    description: "Deployments",
    api: &["apis", "apps", "v1"],
    own: columns,
    ..BASE
};

fn columns() -> Vec<Column> {
    let mut columns = vec![
        derived(
            "ready",
            Type::Utf8,
            &[&["status", "readyReplicas"], &["spec", "replicas"]],
            ready_of,
            "kubectl's READY: `2/3`",
        ),
        path(
            "replicas",
            Type::Int64,
            &["spec", "replicas"],
            "Pods wanted",
        ),
        count(
            "ready_replicas",
            &[&["status", "readyReplicas"]],
            "Pods that are ready",
        ),
        count(
            "updated_replicas",
            &[&["status", "updatedReplicas"]],
            "kubectl's UP-TO-DATE: pods of the latest template",
        ),
        count(
            "available_replicas",
            &[&["status", "availableReplicas"]],
            "Pods that are ready for long enough",
        ),
        flag(
            "paused",
            &[&["spec", "paused"]],
            "Whether changes of its template wait",
        ),
        path(
            "strategy",
            Type::Utf8,
            &["spec", "strategy", "type"],
            "RollingUpdate or Recreate",
        ),
        derived(
            "workload",
            workload(),
            &[&["metadata", "name"]],
            deployment_workload,
            "Itself, as pods say it, so that both can be joined by it",
        ),
    ];
    columns.extend(template(&[&["spec", "template", "spec", "containers"]]));
    columns.push(selector());
    columns.push(conditions());
    columns.extend(spec_and_status(
        include_str!("../shapes/deployments.spec.txt"),
        include_str!("../shapes/deployments.status.txt"),
    ));
    columns
}
