//! Owns the table of services.

use trawl_sdk::schema::Type;

use super::common::spec_and_status;
use super::{BASE, Column, Kind, derived, path, text};
use crate::derive::{service_addresses, service_ports};

pub(super) const KIND: Kind = Kind {
    name: "services",
    aliases: &["service", "svc"],
    description: "Services",
    own: columns,
    // pkg/registry/core/service/strategy.go, SelectableFields.
    fields: &[
        text(&["spec", "clusterIP"], "spec.clusterIP"),
        text(&["spec", "type"], "spec.type"),
    ],
    ..BASE
};

fn columns() -> Vec<Column> {
    let mut columns = vec![
        path(
            "type",
            Type::Utf8,
            &["spec", "type"],
            "ClusterIP, NodePort, LoadBalancer or ExternalName",
        ),
        path(
            "cluster_ip",
            Type::Utf8,
            &["spec", "clusterIP"],
            "Its address in the cluster; `None` for a headless one",
        ),
        derived(
            "external_ips",
            Type::list(Type::Utf8),
            &[
                &["spec", "type"],
                &["spec", "externalIPs"],
                &["spec", "externalName"],
                &["status", "loadBalancer", "ingress"],
            ],
            service_addresses,
            "kubectl's EXTERNAL-IP; empty for none and while a load balancer is pending",
        ),
        derived(
            "ports",
            Type::Utf8,
            &[&["spec", "ports"]],
            service_ports,
            "kubectl's PORT(S): `80:30080/TCP,443/TCP`; null without any",
        ),
        path(
            "selector",
            Type::map(Type::Utf8),
            &["spec", "selector"],
            "Labels of the pods behind it",
        ),
    ];
    columns.extend(spec_and_status(
        include_str!("../shapes/services.spec.txt"),
        include_str!("../shapes/services.status.txt"),
    ));
    columns
}
