//! Owns the table of definitions of custom resources.

use trawl_sdk::schema::Type;

use super::common::{conditions, spec_and_status};
use super::{BASE, Column, Kind, derived, path};
use crate::derive::{established, served_versions, storage_version};

pub(super) const KIND: Kind = Kind {
    name: "customresourcedefinitions",
    aliases: &["customresourcedefinition", "crd", "crds"],
    description: "Definitions of custom resources",
    api: &["apis", "apiextensions.k8s.io", "v1"],
    namespaced: false,
    own: columns,
    ..BASE
};

fn columns() -> Vec<Column> {
    let mut columns = vec![
        path("group", Type::Utf8, &["spec", "group"], "API group"),
        path(
            "kind",
            Type::Utf8,
            &["spec", "names", "kind"],
            "Kind of the objects",
        ),
        path(
            "plural",
            Type::Utf8,
            &["spec", "names", "plural"],
            "Name in paths, and of the table",
        ),
        path(
            "scope",
            Type::Utf8,
            &["spec", "scope"],
            "Namespaced or Cluster",
        ),
        derived(
            "versions",
            Type::list(Type::Utf8),
            &[&["spec", "versions"]],
            served_versions,
            "Versions that are served",
        ),
        derived(
            "storage_version",
            Type::Utf8,
            &[&["spec", "versions"]],
            storage_version,
            "Version that objects are stored as",
        ),
        path(
            "short_names",
            Type::list(Type::Utf8),
            &["spec", "names", "shortNames"],
            "Short names",
        ),
        derived(
            "established",
            Type::Bool,
            &[&["status", "conditions"]],
            established,
            "Whether the API serves it",
        ),
    ];
    columns.push(conditions());
    columns.extend(spec_and_status(
        include_str!("../shapes/customresourcedefinitions.spec.txt"),
        include_str!("../shapes/customresourcedefinitions.status.txt"),
    ));
    columns
}
