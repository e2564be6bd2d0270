//! Owns the table of what pods use now, as `kubectl top pods` shows it.

use trawl_sdk::schema::Type;

use super::common::document;
use super::{BASE, Column, Kind, derived, path};
use crate::derive::{cpu_of_containers, memory_of_containers};

pub(super) const KIND: Kind = Kind {
    name: "pod_metrics",
    aliases: &["podmetrics"],
    description: "What pods use now, as `kubectl top pods` shows it",
    api: &["apis", "metrics.k8s.io", "v1beta1"],
    resource: Some("pods"),
    own: columns,
    optional: true,
    selects_fields: false,
    ..BASE
};

fn columns() -> Vec<Column> {
    vec![
        path(
            "timestamp",
            Type::Timestamp,
            &["timestamp"],
            "When it was measured, UTC",
        ),
        path("window", Type::Duration, &["window"], "Over how long"),
        derived(
            "cpu",
            Type::Quantity,
            &[&["containers"]],
            cpu_of_containers,
            "Cores that its containers use together",
        ),
        derived(
            "memory",
            Type::Quantity,
            &[&["containers"]],
            memory_of_containers,
            "Bytes that its containers use together",
        ),
        document(
            "containers",
            &["containers"],
            "What each container uses",
            include_str!("../shapes/pod_metrics.containers.txt"),
        ),
    ]
}
