//! Owns the table of pod disruption budgets.

use trawl_sdk::schema::Type;

use super::common::{conditions, count, selector, spec_and_status};
use super::{BASE, Column, Kind, path};

pub(super) const KIND: Kind = Kind {
    name: "poddisruptionbudgets",
    aliases: &["poddisruptionbudget", "pdb"],
    description: "Pod disruption budgets",
    api: &["apis", "policy", "v1"],
    own: columns,
    optional: true,
    ..BASE
};

fn columns() -> Vec<Column> {
    let mut columns = vec![
        path(
            "min_available",
            Type::Utf8,
            &["spec", "minAvailable"],
            "Pods that must stay: a count or a percentage",
        ),
        path(
            "max_unavailable",
            Type::Utf8,
            &["spec", "maxUnavailable"],
            "Pods that may go: a count or a percentage",
        ),
        count(
            "allowed_disruptions",
            &[&["status", "disruptionsAllowed"]],
            "Pods that may be evicted now",
        ),
        count(
            "current_healthy",
            &[&["status", "currentHealthy"]],
            "Pods that are healthy",
        ),
        count(
            "desired_healthy",
            &[&["status", "desiredHealthy"]],
            "Pods that must be healthy",
        ),
        count(
            "expected_pods",
            &[&["status", "expectedPods"]],
            "Pods that it counts",
        ),
    ];
    columns.push(selector());
    columns.push(conditions());
    columns.extend(spec_and_status(
        include_str!("../shapes/poddisruptionbudgets.spec.txt"),
        include_str!("../shapes/poddisruptionbudgets.status.txt"),
    ));
    columns
}
