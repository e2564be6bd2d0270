//! Owns the table of resource quotas.

use trawl_sdk::schema::Type;

use super::common::spec_and_status;
use super::{BASE, Column, Kind, path};

pub(super) const KIND: Kind = Kind {
    name: "resourcequotas",
    aliases: &["resourcequota", "quota"],
    description: "Resource quotas",
    own: columns,
    ..BASE
};

fn columns() -> Vec<Column> {
    let mut columns = vec![
        path(
            "hard",
            Type::map(Type::Quantity),
            &["status", "hard"],
            "Limits that are enforced, by resource",
        ),
        path(
            "used",
            Type::map(Type::Quantity),
            &["status", "used"],
            "What the namespace uses of them",
        ),
    ];
    columns.extend(spec_and_status(
        include_str!("../shapes/resourcequotas.spec.txt"),
        include_str!("../shapes/resourcequotas.status.txt"),
    ));
    columns
}
