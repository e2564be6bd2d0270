//! Owns the table of who has a role in the whole cluster.

use trawl_sdk::schema::Type;

use super::common::document;
use super::{BASE, Column, Kind, derived};
use crate::derive::{groups, role, service_accounts, users};

pub(super) const KIND: Kind = Kind {
    name: "clusterrolebindings",
    aliases: &["clusterrolebinding"],
    description: "Who has a role in the whole cluster",
    api: &["apis", "rbac.authorization.k8s.io", "v1"],
    namespaced: false,
    own: columns,
    ..BASE
};

fn columns() -> Vec<Column> {
    vec![
        derived(
            "role",
            Type::Utf8,
            &[&["roleRef"]],
            role,
            "kubectl's ROLE: `ClusterRole/view`",
        ),
        derived(
            "users",
            Type::list(Type::Utf8),
            &[&["subjects"]],
            users,
            "Users that have it",
        ),
        derived(
            "groups",
            Type::list(Type::Utf8),
            &[&["subjects"]],
            groups,
            "Groups that have it",
        ),
        derived(
            "service_accounts",
            Type::list(Type::Utf8),
            &[&["subjects"]],
            service_accounts,
            "Service accounts that have it: `namespace/name`",
        ),
        document(
            "subjects",
            &["subjects"],
            "Who has it, as the API has it",
            include_str!("../shapes/rolebindings.subjects.txt"),
        ),
        document(
            "roleRef",
            &["roleRef"],
            "The role",
            include_str!("../shapes/rolebindings.roleRef.txt"),
        ),
    ]
}
