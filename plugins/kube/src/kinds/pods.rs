//! Owns the table of pods.

use trawl_sdk::schema::Type;

use super::common::{conditions, flag, spec_and_status, workload};
use super::{BASE, Column, Kind, SelectableField, derived, path, text, truth};
use crate::derive::{
    POD_INPUTS, pod_last_restart, pod_readiness_gates, pod_ready, pod_restarts, pod_state,
    pod_workload,
};

pub(super) const KIND: Kind = Kind {
    name: "pods",
    aliases: &["pod", "po"],
    description: "Pods",
    own: columns,
    fields: FIELDS,
    ..BASE
};

/// pkg/registry/core/pod/strategy.go, ToSelectableFields.
pub(super) const FIELDS: &[SelectableField] = &[
    text(&["spec", "nodeName"], "spec.nodeName"),
    text(&["spec", "restartPolicy"], "spec.restartPolicy"),
    text(&["spec", "schedulerName"], "spec.schedulerName"),
    text(&["spec", "serviceAccountName"], "spec.serviceAccountName"),
    truth(&["spec", "hostNetwork"], "spec.hostNetwork"),
    text(&["status", "phase"], "status.phase"),
    text(&["status", "podIP"], "status.podIP"),
    text(&["status", "nominatedNodeName"], "status.nominatedNodeName"),
];

fn columns() -> Vec<Column> {
    let mut columns = vec![
        path(
            "phase",
            Type::Utf8,
            &["status", "phase"],
            "Pending, Running, Succeeded, Failed or Unknown",
        ),
        derived(
            "state",
            Type::Utf8,
            POD_INPUTS,
            pod_state,
            "kubectl's STATUS: the phase, or why it is not as it should be",
        ),
        derived(
            "ready",
            Type::Utf8,
            POD_INPUTS,
            pod_ready,
            "Containers that are ready, of all: 1/2",
        ),
        derived(
            "restarts",
            Type::Int64,
            POD_INPUTS,
            pod_restarts,
            "Restarts of its containers",
        ),
        derived(
            "last_restart",
            Type::Timestamp,
            POD_INPUTS,
            pod_last_restart,
            "When a container ended that was started again, UTC",
        ),
        path(
            "node",
            Type::Utf8,
            &["spec", "nodeName"],
            "Node it runs on; null while it is not scheduled",
        ),
        path("pod_ip", Type::Utf8, &["status", "podIP"], "Its address"),
        path(
            "host_ip",
            Type::Utf8,
            &["status", "hostIP"],
            "Its node's address",
        ),
        path(
            "nominated_node",
            Type::Utf8,
            &["status", "nominatedNodeName"],
            "Node where room is made for it",
        ),
        derived(
            "readiness_gates",
            Type::Utf8,
            &[&["spec", "readinessGates"], &["status", "conditions"]],
            pod_readiness_gates,
            "kubectl's READINESS GATES: `1/2`; null without any",
        ),
        path(
            "qos_class",
            Type::Utf8,
            &["status", "qosClass"],
            "Guaranteed, Burstable or BestEffort",
        ),
        path(
            "service_account",
            Type::Utf8,
            &["spec", "serviceAccountName"],
            "Service account it runs as",
        ),
        flag(
            "host_network",
            &[&["spec", "hostNetwork"]],
            "Whether it uses its node's network",
        ),
        path(
            "start_time",
            Type::Timestamp,
            &["status", "startTime"],
            "When the kubelet took it, UTC",
        ),
        derived(
            "workload",
            workload(),
            &[
                &["metadata", "ownerReferences"],
                &["metadata", "labels", "pod-template-hash"],
            ],
            pod_workload,
            "What controls it, the Deployment rather than its ReplicaSet; null for a pod of its own",
        ),
    ];
    columns.push(conditions());
    columns.extend(spec_and_status(
        include_str!("../shapes/pods.spec.txt"),
        include_str!("../shapes/pods.status.txt"),
    ));
    columns
}
