//! Owns the table of horizontal pod autoscalers.

use trawl_sdk::schema::Type;

use super::common::{conditions, count, spec_and_status, workload};
use super::{BASE, Column, Kind, derived, path};
use crate::derive::{scale_target, targets};

pub(super) const KIND: Kind = Kind {
    name: "horizontalpodautoscalers",
    aliases: &["horizontalpodautoscaler", "hpa"],
    description: "Horizontal pod autoscalers",
    api: &["apis", "autoscaling", "v2"],
    own: columns,
    optional: true,
    ..BASE
};

fn columns() -> Vec<Column> {
    let mut columns = vec![
        derived(
            "workload",
            workload(),
            &[&["spec", "scaleTargetRef"]],
            scale_target,
            "kubectl's REFERENCE: what it scales",
        ),
        derived(
            "targets",
            Type::Utf8,
            &[&["spec", "metrics"], &["status", "currentMetrics"]],
            targets,
            "kubectl's TARGETS: `cpu: 55%/80%`; null without metrics",
        ),
        path(
            "min_replicas",
            Type::Int64,
            &["spec", "minReplicas"],
            "Fewest pods; null is one",
        ),
        path(
            "max_replicas",
            Type::Int64,
            &["spec", "maxReplicas"],
            "Most pods",
        ),
        count(
            "current_replicas",
            &[&["status", "currentReplicas"]],
            "Pods that there are",
        ),
        count(
            "desired_replicas",
            &[&["status", "desiredReplicas"]],
            "Pods that it wants",
        ),
        path(
            "last_scale_time",
            Type::Timestamp,
            &["status", "lastScaleTime"],
            "When it last changed the count, UTC",
        ),
    ];
    columns.push(conditions());
    columns.extend(spec_and_status(
        include_str!("../shapes/horizontalpodautoscalers.spec.txt"),
        include_str!("../shapes/horizontalpodautoscalers.status.txt"),
    ));
    columns
}
