//! Owns the table of what nodes use now, as `kubectl top nodes` shows it.

use trawl_sdk::schema::Type;

use super::{BASE, Column, Kind, path};

pub(super) const KIND: Kind = Kind {
    name: "node_metrics",
    aliases: &["nodemetrics"],
    description: "What nodes use now, as `kubectl top nodes` shows it",
    api: &["apis", "metrics.k8s.io", "v1beta1"],
    resource: Some("nodes"),
    namespaced: false,
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
        path("cpu", Type::Quantity, &["usage", "cpu"], "Cores in use"),
        path(
            "memory",
            Type::Quantity,
            &["usage", "memory"],
            "Bytes in use",
        ),
        path(
            "usage",
            Type::map(Type::Quantity),
            &["usage"],
            "All that was measured, by resource",
        ),
    ]
}
