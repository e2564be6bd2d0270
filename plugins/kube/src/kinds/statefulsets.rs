//! Owns the table of stateful sets.

use trawl_sdk::schema::Type;

use super::common::{conditions, count, selector, spec_and_status, template, workload};
use super::{BASE, Column, Kind, derived, path};
use crate::derive::{ready_of, stateful_set_workload};

pub(super) const KIND: Kind = Kind {
    name: "statefulsets",
    aliases: &["statefulset", "sts"],
    description: "Stateful sets",
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
            "current_replicas",
            &[&["status", "currentReplicas"]],
            "Pods of the current revision",
        ),
        count(
            "ready_replicas",
            &[&["status", "readyReplicas"]],
            "Pods that are ready",
        ),
        count(
            "updated_replicas",
            &[&["status", "updatedReplicas"]],
            "Pods of the latest revision",
        ),
        count(
            "available_replicas",
            &[&["status", "availableReplicas"]],
            "Pods that are ready for long enough",
        ),
        path(
            "service",
            Type::Utf8,
            &["spec", "serviceName"],
            "Headless service that names its pods",
        ),
        derived(
            "workload",
            workload(),
            &[&["metadata", "name"]],
            stateful_set_workload,
            "Itself, as pods say it, so that both can be joined by it",
        ),
    ];
    columns.extend(template(&[&["spec", "template", "spec", "containers"]]));
    columns.push(selector());
    columns.push(conditions());
    columns.extend(spec_and_status(
        include_str!("../shapes/statefulsets.spec.txt"),
        include_str!("../shapes/statefulsets.status.txt"),
    ));
    columns
}
