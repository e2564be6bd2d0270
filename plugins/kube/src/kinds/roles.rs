//! Owns the table of roles of a namespace.

use super::common::document;
use super::{BASE, Column, Kind};

pub(super) const KIND: Kind = Kind {
    name: "roles",
    aliases: &["role"],
    description: "Roles of a namespace",
    api: &["apis", "rbac.authorization.k8s.io", "v1"],
    own: columns,
    ..BASE
};

fn columns() -> Vec<Column> {
    vec![document(
        "rules",
        &["rules"],
        "What it allows",
        include_str!("../shapes/roles.rules.txt"),
    )]
}
