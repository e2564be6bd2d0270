//! Owns the table of priority classes of pods.

use trawl_sdk::schema::Type;

use super::common::flag;
use super::{BASE, Column, Kind, path};

pub(super) const KIND: Kind = Kind {
    name: "priorityclasses",
    aliases: &["priorityclass", "pc"],
    description: "Priority classes of pods",
    api: &["apis", "scheduling.k8s.io", "v1"],
    namespaced: false,
    own: columns,
    ..BASE
};

fn columns() -> Vec<Column> {
    vec![
        path(
            "value",
            Type::Int64,
            &["value"],
            "The priority; higher goes first",
        ),
        flag(
            "global_default",
            &[&["globalDefault"]],
            "Whether pods without a class get it",
        ),
        path(
            "preemption_policy",
            Type::Utf8,
            &["preemptionPolicy"],
            "PreemptLowerPriority or Never",
        ),
        path(
            "description",
            Type::Utf8,
            &["description"],
            "What it is for",
        ),
    ]
}
