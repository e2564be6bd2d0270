//! Owns the table of network policies.

use trawl_sdk::schema::Type;

use super::common::spec;
use super::{BASE, Column, Kind, derived, path};
use crate::derive::label_selector;

pub(super) const KIND: Kind = Kind {
    name: "networkpolicies",
    aliases: &["networkpolicy", "netpol"],
    description: "Network policies",
    api: &["apis", "networking.k8s.io", "v1"],
    own: columns,
    ..BASE
};

fn columns() -> Vec<Column> {
    let mut columns = vec![
        derived(
            "pod_selector",
            Type::Utf8,
            &[&["spec", "podSelector"]],
            label_selector,
            "kubectl's POD-SELECTOR: pods that it is for; null is all of the namespace",
        ),
        path(
            "policy_types",
            Type::list(Type::Utf8),
            &["spec", "policyTypes"],
            "Ingress, Egress",
        ),
    ];
    columns.push(spec(include_str!("../shapes/networkpolicies.spec.txt")));
    columns
}
