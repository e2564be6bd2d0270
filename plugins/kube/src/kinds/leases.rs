//! Owns the table of leases, which elect leaders and show that nodes live.

use trawl_sdk::schema::Type;

use super::common::{count, spec};
use super::{BASE, Column, Kind, derived, path};
use crate::derive::seconds;

pub(super) const KIND: Kind = Kind {
    name: "leases",
    aliases: &["lease"],
    description: "Leases, which elect leaders and show that nodes live",
    api: &["apis", "coordination.k8s.io", "v1"],
    own: columns,
    ..BASE
};

fn columns() -> Vec<Column> {
    let mut columns = vec![
        path(
            "holder",
            Type::Utf8,
            &["spec", "holderIdentity"],
            "Who holds it",
        ),
        path(
            "acquire_time",
            Type::Timestamp,
            &["spec", "acquireTime"],
            "Since when, UTC",
        ),
        path(
            "renew_time",
            Type::Timestamp,
            &["spec", "renewTime"],
            "When it was renewed last, UTC",
        ),
        derived(
            "lease_duration",
            Type::Duration,
            &[&["spec", "leaseDurationSeconds"]],
            seconds,
            "How long it lasts without renewal",
        ),
        count(
            "transitions",
            &[&["spec", "leaseTransitions"]],
            "How often it changed hands",
        ),
    ];
    columns.push(spec(include_str!("../shapes/leases.spec.txt")));
    columns
}
