//! Owns the table of deployments.

use trawl_sdk::schema::Type;

use super::common::{spec_and_status, workload};
use super::{Column, Kind, derived, path};
use crate::derive::{count_or_zero, deployment_workload};

pub(super) const KIND: Kind = Kind {
    name: "deployments",
    aliases: &["deployment", "deploy"],
    description: "Deployments",
    api: &["apis", "apps", "v1"],
    namespaced: true,
    own: columns,
    fields: &[],
};

fn columns() -> Vec<Column> {
    let mut columns = vec![
        path(
            "replicas",
            Type::Int64,
            &["spec", "replicas"],
            "Pods wanted",
        ),
        // The API leaves zeros out; null would make `ready_replicas < replicas` miss the worst case.
        derived(
            "ready_replicas",
            Type::Int64,
            &[&["status", "readyReplicas"]],
            count_or_zero,
            "Pods that are ready",
        ),
        derived(
            "updated_replicas",
            Type::Int64,
            &[&["status", "updatedReplicas"]],
            count_or_zero,
            "Pods of the latest template",
        ),
        derived(
            "available_replicas",
            Type::Int64,
            &[&["status", "availableReplicas"]],
            count_or_zero,
            "Pods that are ready for long enough",
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
    columns.extend(spec_and_status(
        include_str!("../shapes/deployments.spec.txt"),
        include_str!("../shapes/deployments.status.txt"),
    ));
    columns
}
