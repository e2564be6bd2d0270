//! Owns the table of replica sets.

use trawl_sdk::schema::Type;

use super::common::{conditions, count, selector, spec_and_status, template, workload};
use super::{BASE, Column, Kind, derived, path};
use crate::derive::replica_set_workload;

pub(super) const KIND: Kind = Kind {
    name: "replicasets",
    aliases: &["replicaset", "rs"],
    description: "Replica sets",
    api: &["apis", "apps", "v1"],
    own: columns,
    // kube-apiserver refuses status.replicas, which its documentation names: kubernetes/kubernetes#135136.
    ..BASE
};

fn columns() -> Vec<Column> {
    let mut columns = vec![
        path(
            "replicas",
            Type::Int64,
            &["spec", "replicas"],
            "Pods wanted",
        ),
        count(
            "current_replicas",
            &[&["status", "replicas"]],
            "Pods that exist",
        ),
        count(
            "ready_replicas",
            &[&["status", "readyReplicas"]],
            "Pods that are ready",
        ),
        count(
            "available_replicas",
            &[&["status", "availableReplicas"]],
            "Pods that are ready for long enough",
        ),
        derived(
            "workload",
            workload(),
            &[&["metadata", "name"], &["metadata", "ownerReferences"]],
            replica_set_workload,
            "Its deployment, or itself, as pods say it",
        ),
    ];
    columns.extend(template(&[&["spec", "template", "spec", "containers"]]));
    columns.push(selector());
    columns.push(conditions());
    columns.extend(spec_and_status(
        include_str!("../shapes/replicasets.spec.txt"),
        include_str!("../shapes/replicasets.status.txt"),
    ));
    columns
}
