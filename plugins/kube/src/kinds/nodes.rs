//! Owns the table of nodes.

use trawl_sdk::schema::Type;

use super::common::{conditions, flag, spec_and_status};
use super::{BASE, Column, Kind, derived, path, truth};
use crate::derive::{external_ip, internal_ip, node_roles, node_state, node_taints};

pub(super) const KIND: Kind = Kind {
    name: "nodes",
    aliases: &["node", "no"],
    description: "Nodes",
    namespaced: false,
    own: columns,
    fields: &[truth(&["spec", "unschedulable"], "spec.unschedulable")],
    ..BASE
};

fn columns() -> Vec<Column> {
    let mut columns = vec![
        derived(
            "state",
            Type::Utf8,
            &[&["status", "conditions"], &["spec", "unschedulable"]],
            node_state,
            "kubectl's STATUS: Ready, NotReady or Unknown, and SchedulingDisabled",
        ),
        derived(
            "roles",
            Type::Utf8,
            &[&["metadata", "labels"]],
            node_roles,
            "Roles by label, comma between them; null without any",
        ),
        path(
            "version",
            Type::Utf8,
            &["status", "nodeInfo", "kubeletVersion"],
            "Version of the kubelet",
        ),
        derived(
            "internal_ip",
            Type::Utf8,
            &[&["status", "addresses"]],
            internal_ip,
            "First address of type InternalIP",
        ),
        derived(
            "external_ip",
            Type::Utf8,
            &[&["status", "addresses"]],
            external_ip,
            "First address of type ExternalIP",
        ),
        flag(
            "unschedulable",
            &[&["spec", "unschedulable"]],
            "Whether it is cordoned",
        ),
        derived(
            "taints",
            Type::list(Type::Utf8),
            &[&["spec", "taints"]],
            node_taints,
            "What keeps pods away: `key=value:NoSchedule`",
        ),
        path(
            "capacity",
            Type::map(Type::Quantity),
            &["status", "capacity"],
            "What it has, by resource",
        ),
        path(
            "allocatable",
            Type::map(Type::Quantity),
            &["status", "allocatable"],
            "What it has for pods, by resource",
        ),
        path(
            "provider_id",
            Type::Utf8,
            &["spec", "providerID"],
            "The cloud's name of the machine",
        ),
        path(
            "instance_type",
            Type::Utf8,
            &["metadata", "labels", "node.kubernetes.io/instance-type"],
            "Machine type, by label",
        ),
        path(
            "zone",
            Type::Utf8,
            &["metadata", "labels", "topology.kubernetes.io/zone"],
            "Zone, by label",
        ),
        path(
            "os_image",
            Type::Utf8,
            &["status", "nodeInfo", "osImage"],
            "Operating system",
        ),
        path(
            "kernel_version",
            Type::Utf8,
            &["status", "nodeInfo", "kernelVersion"],
            "Kernel",
        ),
        path(
            "container_runtime",
            Type::Utf8,
            &["status", "nodeInfo", "containerRuntimeVersion"],
            "Container runtime and its version",
        ),
    ];
    columns.push(conditions());
    columns.extend(spec_and_status(
        include_str!("../shapes/nodes.spec.txt"),
        include_str!("../shapes/nodes.status.txt"),
    ));
    columns
}
