//! Owns the table of secrets; refuses every column that could hold a value.

use trawl_sdk::schema::Type;

use super::common::flag;
use super::{BASE, Column, Kind, derived, path, text};
use crate::derive::{harmless_annotations, keys, length};

pub(super) const KIND: Kind = Kind {
    name: "secrets",
    aliases: &["secret"],
    description: "Secrets, without their values",
    own: columns,
    // pkg/registry/core/secret/strategy.go, SelectableFields.
    fields: &[text(&["type"], "type")],
    ..BASE
};

fn columns() -> Vec<Column> {
    vec![
        path(
            "type",
            Type::Utf8,
            &["type"],
            "What it is for: Opaque, kubernetes.io/tls, …",
        ),
        derived(
            "data_count",
            Type::Int64,
            &[&["data"]],
            length,
            "kubectl's DATA: how many keys it has",
        ),
        derived(
            "keys",
            Type::list(Type::Utf8),
            &[&["data"]],
            keys,
            "Keys of its data; values are never read into a column",
        ),
        flag(
            "immutable",
            &[&["immutable"]],
            "Whether its data may not change",
        ),
        // It takes the place of the common column.
        derived(
            "annotations",
            Type::map(Type::Utf8),
            &[&["metadata", "annotations"], &["data"]],
            harmless_annotations,
            "Annotations without documents and without any that repeats a value",
        ),
    ]
}
