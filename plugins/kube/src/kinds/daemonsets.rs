//! Owns the table of daemon sets.

use trawl_sdk::schema::Type;

use super::common::{conditions, count, selector, spec_and_status, template, workload};
use super::{BASE, Column, Kind, derived, path};
use crate::derive::daemon_set_workload;

pub(super) const KIND: Kind = Kind {
    name: "daemonsets",
    aliases: &["daemonset", "ds"],
    description: "Daemon sets",
    api: &["apis", "apps", "v1"],
    own: columns,
    ..BASE
};

fn columns() -> Vec<Column> {
    let mut columns = vec![
        count(
            "replicas",
            &[&["status", "desiredNumberScheduled"]],
            "kubectl's DESIRED: nodes that should run a pod of it",
        ),
        count(
            "current_replicas",
            &[&["status", "currentNumberScheduled"]],
            "Nodes that should, and do",
        ),
        count(
            "ready_replicas",
            &[&["status", "numberReady"]],
            "Pods that are ready",
        ),
        count(
            "updated_replicas",
            &[&["status", "updatedNumberScheduled"]],
            "kubectl's UP-TO-DATE: pods of the latest template",
        ),
        count(
            "available_replicas",
            &[&["status", "numberAvailable"]],
            "Pods that are ready for long enough",
        ),
        count(
            "misscheduled",
            &[&["status", "numberMisscheduled"]],
            "Nodes that run a pod of it, and should not",
        ),
        path(
            "node_selector",
            Type::map(Type::Utf8),
            &["spec", "template", "spec", "nodeSelector"],
            "Labels of the nodes that it runs on",
        ),
        derived(
            "workload",
            workload(),
            &[&["metadata", "name"]],
            daemon_set_workload,
            "Itself, as pods say it, so that both can be joined by it",
        ),
    ];
    columns.extend(template(&[&["spec", "template", "spec", "containers"]]));
    columns.push(selector());
    columns.push(conditions());
    columns.extend(spec_and_status(
        include_str!("../shapes/daemonsets.spec.txt"),
        include_str!("../shapes/daemonsets.status.txt"),
    ));
    columns
}
