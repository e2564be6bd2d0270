//! Owns the table of containers, a row for each container of each pod.

use trawl_sdk::schema::Type;

use super::common::{count, document, flag, spec_and_status, workload};
use super::{BASE, Column, Derived, Kind, derived, path, pods};
use crate::derive::{
    CONTAINER_LISTS, container_state, containers_of, event_time, first_text, pod_workload,
};

pub(super) const KIND: Kind = Kind {
    name: "containers",
    resource: Some("pods"),
    aliases: &["container"],
    description: "Containers of pods: init containers, sidecars and ephemeral ones included",
    own: columns,
    fields: pods::FIELDS,
    items: Some(Derived {
        inputs: CONTAINER_LISTS,
        compute: containers_of,
    }),
    ..BASE
};

fn columns() -> Vec<Column> {
    let mut columns = of_pod_before();
    columns.extend(of_container().into_iter().map(Column::of_item));
    columns.extend(of_pod_after());
    columns
}

/// Where it is.
fn of_pod_before() -> Vec<Column> {
    vec![
        path(
            "namespace",
            Type::Utf8,
            &["metadata", "namespace"],
            "Namespace of its pod",
        )
        .not_null(),
        path("pod", Type::Utf8, &["metadata", "name"], "Name of its pod").not_null(),
    ]
}

/// What it is, and what it does.
fn of_container() -> Vec<Column> {
    let mut columns = vec![
        path(
            "name",
            Type::Utf8,
            &["spec", "name"],
            "Name, unique in its pod",
        )
        .not_null(),
        path(
            "kind",
            Type::Utf8,
            &["kind"],
            "container, init, sidecar or ephemeral",
        ),
        path(
            "image",
            Type::Utf8,
            &["spec", "image"],
            "Image that is wanted",
        ),
        path(
            "image_id",
            Type::Utf8,
            &["status", "imageID"],
            "Image that runs, with its digest",
        ),
        flag(
            "ready",
            &[&["status", "ready"]],
            "Whether it passes its readiness probe",
        ),
        path(
            "started",
            Type::Bool,
            &["status", "started"],
            "Whether it passed its startup probe; null before the kubelet says",
        ),
        count(
            "restarts",
            &[&["status", "restartCount"]],
            "How often it was restarted",
        ),
        derived(
            "state",
            Type::Utf8,
            &[&["status", "state"]],
            container_state,
            "Waiting, Running or Terminated; null before the kubelet says",
        ),
        derived(
            "reason",
            Type::Utf8,
            &[
                &["status", "state", "waiting", "reason"],
                &["status", "state", "terminated", "reason"],
            ],
            first_text,
            "Why it waits or ended: CrashLoopBackOff, OOMKilled, …",
        ),
        derived(
            "message",
            Type::Utf8,
            &[
                &["status", "state", "waiting", "message"],
                &["status", "state", "terminated", "message"],
            ],
            first_text,
            "The same in words",
        ),
        path(
            "exit_code",
            Type::Int64,
            &["status", "state", "terminated", "exitCode"],
            "How it ended; null while it has not",
        ),
        derived(
            "started_at",
            Type::Timestamp,
            &[
                &["status", "state", "running", "startedAt"],
                &["status", "state", "terminated", "startedAt"],
            ],
            event_time,
            "When it began, UTC",
        ),
        path(
            "finished_at",
            Type::Timestamp,
            &["status", "state", "terminated", "finishedAt"],
            "When it ended, UTC",
        ),
        path(
            "last_reason",
            Type::Utf8,
            &["status", "lastState", "terminated", "reason"],
            "Why it ended the time before: OOMKilled, Error, …",
        ),
        path(
            "last_exit_code",
            Type::Int64,
            &["status", "lastState", "terminated", "exitCode"],
            "How it ended the time before",
        ),
        path(
            "last_finished_at",
            Type::Timestamp,
            &["status", "lastState", "terminated", "finishedAt"],
            "When it ended the time before, UTC",
        ),
    ];
    columns.extend(resources());
    columns.extend(spec_and_status(
        include_str!("../shapes/containers.spec.txt"),
        include_str!("../shapes/containers.status.txt"),
    ));
    columns
}

/// What it asks for, and what it gets at most.
fn resources() -> [Column; 4] {
    let quantity = |name, at, description| path(name, Type::Quantity, at, description);
    [
        quantity(
            "cpu_request",
            &["spec", "resources", "requests", "cpu"],
            "Cores it asks for",
        ),
        quantity(
            "cpu_limit",
            &["spec", "resources", "limits", "cpu"],
            "Cores it gets at most",
        ),
        quantity(
            "memory_request",
            &["spec", "resources", "requests", "memory"],
            "Bytes it asks for",
        ),
        quantity(
            "memory_limit",
            &["spec", "resources", "limits", "memory"],
            "Bytes it gets at most",
        ),
    ]
}

/// What it has from its pod.
fn of_pod_after() -> Vec<Column> {
    vec![
        path(
            "phase",
            Type::Utf8,
            &["status", "phase"],
            "Phase of its pod",
        ),
        path(
            "node",
            Type::Utf8,
            &["spec", "nodeName"],
            "Node it runs on; null while its pod is not scheduled",
        ),
        path(
            "labels",
            Type::map(Type::Utf8),
            &["metadata", "labels"],
            "Labels of its pod",
        ),
        path(
            "annotations",
            Type::map(Type::Utf8),
            &["metadata", "annotations"],
            "Annotations of its pod",
        ),
        path(
            "pod_uid",
            Type::Utf8,
            &["metadata", "uid"],
            "Its pod, unique over time and space",
        ),
        path(
            "created",
            Type::Timestamp,
            &["metadata", "creationTimestamp"],
            "When its pod was created, UTC",
        ),
        document(
            "owner_references",
            &["metadata", "ownerReferences"],
            "Objects that own its pod",
            include_str!("../shapes/owner_references.txt"),
        ),
        derived(
            "workload",
            workload(),
            &[
                &["metadata", "ownerReferences"],
                &["metadata", "labels", "pod-template-hash"],
            ],
            pod_workload,
            "What controls its pod, the Deployment rather than its ReplicaSet; null for a pod of its own",
        ),
    ]
}
