//! Owns the table of roles of the cluster.

use super::common::document;
use super::{BASE, Column, Kind};

pub(super) const KIND: Kind = Kind {
    name: "clusterroles",
    aliases: &["clusterrole"],
    description: "Roles of the cluster",
    api: &["apis", "rbac.authorization.k8s.io", "v1"],
    namespaced: false,
    own: columns,
    ..BASE
};

fn columns() -> Vec<Column> {
    vec![
        document(
            "rules",
            &["rules"],
            "What it allows",
            include_str!("../shapes/roles.rules.txt"),
        ),
        document(
            "aggregationRule",
            &["aggregationRule"],
            "Which roles it is made of",
            include_str!("../shapes/clusterroles.aggregationRule.txt"),
        ),
    ]
}
