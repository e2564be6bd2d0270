//! Owns the table of endpoints of services, in the old form that ends at a thousand addresses.

use trawl_sdk::schema::Type;

use super::common::document;
use super::{BASE, Column, Kind, derived};
use crate::derive::{addresses, not_ready_addresses};

pub(super) const KIND: Kind = Kind {
    name: "endpoints",
    aliases: &["ep"],
    description: "Endpoints of services, in the old form that ends at a thousand addresses",
    own: columns,
    ..BASE
};

fn columns() -> Vec<Column> {
    vec![
        derived(
            "addresses",
            Type::list(Type::Utf8),
            &[&["subsets"]],
            addresses,
            "kubectl's ENDPOINTS: each ready address with each port",
        ),
        derived(
            "not_ready_addresses",
            Type::list(Type::Utf8),
            &[&["subsets"]],
            not_ready_addresses,
            "The same of what is not ready",
        ),
        document(
            "subsets",
            &["subsets"],
            "Addresses with their ports, as the API has them",
            include_str!("../shapes/endpoints.subsets.txt"),
        ),
    ]
}
