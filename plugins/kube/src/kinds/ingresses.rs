//! Owns the table of ingresses.

use trawl_sdk::schema::Type;

use super::common::spec_and_status;
use super::{BASE, Column, Kind, derived, path};
use crate::derive::{backends, hosts, load_balancers, ports_of_tls, tls_secrets};

pub(super) const KIND: Kind = Kind {
    name: "ingresses",
    aliases: &["ingress", "ing"],
    description: "Ingresses",
    api: &["apis", "networking.k8s.io", "v1"],
    own: columns,
    ..BASE
};

fn columns() -> Vec<Column> {
    let mut columns = vec![
        path(
            "class",
            Type::Utf8,
            &["spec", "ingressClassName"],
            "Its class",
        ),
        derived(
            "hosts",
            Type::list(Type::Utf8),
            &[&["spec", "rules"]],
            hosts,
            "kubectl's HOSTS; empty for every host",
        ),
        derived(
            "addresses",
            Type::list(Type::Utf8),
            &[&["status", "loadBalancer", "ingress"]],
            load_balancers,
            "kubectl's ADDRESS: what its load balancers answer to",
        ),
        derived(
            "ports",
            Type::Utf8,
            &[&["spec", "tls"]],
            ports_of_tls,
            "kubectl's PORTS: `80`, or `80, 443` with TLS",
        ),
        derived(
            "services",
            Type::list(Type::Utf8),
            &[&["spec", "rules"], &["spec", "defaultBackend"]],
            backends,
            "Services that it leads to",
        ),
        derived(
            "tls_secrets",
            Type::list(Type::Utf8),
            &[&["spec", "tls"]],
            tls_secrets,
            "Secrets with its certificates",
        ),
    ];
    columns.extend(spec_and_status(
        include_str!("../shapes/ingresses.spec.txt"),
        include_str!("../shapes/ingresses.status.txt"),
    ));
    columns
}
