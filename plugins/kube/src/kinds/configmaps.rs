//! Owns the table of config maps.

use trawl_sdk::schema::Type;

use super::common::flag;
use super::{BASE, Column, Kind, derived, path};
use crate::derive::{keys, length};

pub(super) const KIND: Kind = Kind {
    name: "configmaps",
    aliases: &["configmap", "cm"],
    description: "Config maps",
    own: columns,
    ..BASE
};

fn columns() -> Vec<Column> {
    vec![
        derived(
            "data_count",
            Type::Int64,
            &[&["data"], &["binaryData"]],
            length,
            "kubectl's DATA: keys of text and binary data",
        ),
        path("data", Type::map(Type::Utf8), &["data"], "Text data"),
        derived(
            "binary_keys",
            Type::list(Type::Utf8),
            &[&["binaryData"]],
            keys,
            "Keys of binary data",
        ),
        flag(
            "immutable",
            &[&["immutable"]],
            "Whether its data may not change",
        ),
    ]
}
