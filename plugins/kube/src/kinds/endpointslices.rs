//! Owns the table of slices of the endpoints of services.

use trawl_sdk::schema::Type;

use super::common::document;
use super::{BASE, Column, Kind, derived, path};
use crate::derive::{ready_slice_addresses, slice_addresses};

pub(super) const KIND: Kind = Kind {
    name: "endpointslices",
    aliases: &["endpointslice"],
    description: "Slices of the endpoints of services",
    api: &["apis", "discovery.k8s.io", "v1"],
    own: columns,
    optional: true,
    ..BASE
};

fn columns() -> Vec<Column> {
    vec![
        path(
            "service",
            Type::Utf8,
            &["metadata", "labels", "kubernetes.io/service-name"],
            "Service that it is a part of, by label",
        ),
        path(
            "address_type",
            Type::Utf8,
            &["addressType"],
            "IPv4, IPv6 or FQDN",
        ),
        derived(
            "addresses",
            Type::list(Type::Utf8),
            &[&["endpoints"]],
            slice_addresses,
            "All addresses",
        ),
        derived(
            "ready_addresses",
            Type::list(Type::Utf8),
            &[&["endpoints"]],
            ready_slice_addresses,
            "Those of endpoints that are ready",
        ),
        document(
            "ports",
            &["ports"],
            "Ports, as the API has them",
            include_str!("../shapes/endpointslices.ports.txt"),
        ),
        document(
            "endpoints",
            &["endpoints"],
            "Endpoints with their conditions and topology, as the API has them",
            include_str!("../shapes/endpointslices.endpoints.txt"),
        ),
    ]
}
