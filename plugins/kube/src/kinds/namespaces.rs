//! Owns the table of namespaces; the file to copy for a new kind.

use trawl_sdk::schema::Type;

use super::common::{conditions, spec_and_status};
use super::{BASE, Column, Kind, path, text};

pub(super) const KIND: Kind = Kind {
    name: "namespaces",
    aliases: &["namespace", "ns"],
    description: "Namespaces",
    namespaced: false,
    own: columns,
    fields: &[text(&["status", "phase"], "status.phase")],
    ..BASE
};

fn columns() -> Vec<Column> {
    let mut columns = vec![path(
        "phase",
        Type::Utf8,
        &["status", "phase"],
        "Active or Terminating",
    )];
    columns.push(conditions());
    columns.extend(spec_and_status(
        include_str!("../shapes/namespaces.spec.txt"),
        include_str!("../shapes/namespaces.status.txt"),
    ));
    columns
}
