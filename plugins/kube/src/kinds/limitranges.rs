//! Owns the table of limit ranges.

use trawl_sdk::schema::Type;

use super::common::spec;
use super::{BASE, Column, Kind, derived};
use crate::derive::types;

pub(super) const KIND: Kind = Kind {
    name: "limitranges",
    aliases: &["limitrange", "limits"],
    description: "Limit ranges",
    own: columns,
    ..BASE
};

fn columns() -> Vec<Column> {
    let mut columns = vec![derived(
        "types",
        Type::list(Type::Utf8),
        &[&["spec", "limits"]],
        types,
        "What is limited: Pod, Container, PersistentVolumeClaim",
    )];
    columns.push(spec(include_str!("../shapes/limitranges.spec.txt")));
    columns
}
