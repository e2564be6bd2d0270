//! Owns the table of who has a role in the whole cluster.

use super::rolebindings::columns;
use super::{BASE, Kind};

pub(super) const KIND: Kind = Kind {
    name: "clusterrolebindings",
    aliases: &["clusterrolebinding"],
    description: "Who has a role in the whole cluster",
    api: &["apis", "rbac.authorization.k8s.io", "v1"],
    namespaced: false,
    own: columns,
    ..BASE
};
