//! Owns the columns that every kind has, and those that several share; refuses those of one kind.

use trawl_sdk::schema::Type;

use super::{Column, derived, filled, path};
use crate::derive::{condition_states, count_or_zero, false_if_absent, images, names};

/// The columns of ObjectMeta, <https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#ObjectMeta>.
pub(crate) fn columns(namespaced: bool) -> Vec<Column> {
    let mut columns = Vec::new();
    if namespaced {
        columns.push(
            path(
                "namespace",
                Type::Utf8,
                &["metadata", "namespace"],
                "Namespace of the object",
            )
            .not_null(),
        );
    }
    columns.extend([
        path(
            "name",
            Type::Utf8,
            &["metadata", "name"],
            "Name, unique in its namespace",
        )
        .not_null(),
        path(
            "uid",
            Type::Utf8,
            &["metadata", "uid"],
            "Unique over time and space",
        ),
        path(
            "labels",
            Type::map(Type::Utf8),
            &["metadata", "labels"],
            "Labels",
        ),
        path(
            "annotations",
            Type::map(Type::Utf8),
            &["metadata", "annotations"],
            "Annotations",
        ),
        path(
            "created",
            Type::Timestamp,
            &["metadata", "creationTimestamp"],
            "When it was created, UTC",
        ),
        path(
            "deleted",
            Type::Timestamp,
            &["metadata", "deletionTimestamp"],
            "When its deletion is due; null while it lives",
        ),
        path(
            "generation",
            Type::Int64,
            &["metadata", "generation"],
            "Counts changes of its specification",
        ),
        path(
            "resource_version",
            Type::Utf8,
            &["metadata", "resourceVersion"],
            "Opaque version of the object",
        ),
        path(
            "owner_references",
            Type::Json,
            &["metadata", "ownerReferences"],
            "Objects that own it",
        )
        .shaped(include_str!("../shapes/owner_references.txt")),
        path(
            "finalizers",
            Type::list(Type::Utf8),
            &["metadata", "finalizers"],
            "What must be done before it can go",
        ),
    ]);
    columns
}

/// What `workload` is in every table that has it.
pub(super) fn workload() -> Type {
    Type::object([("kind", Type::Utf8), ("name", Type::Utf8)])
}

/// The two open objects that most kinds have, with their shapes.
pub(super) fn spec_and_status(spec: &'static str, status: &'static str) -> [Column; 2] {
    [
        self::spec(spec),
        document("status", &["status"], "What is, as the API has it", status),
    ]
}

/// The open object of kinds without a status.
pub(super) fn spec(shape: &'static str) -> Column {
    document(
        "spec",
        &["spec"],
        "What is wanted, as the API has it",
        shape,
    )
}

/// An open part of the object, with its shape.
pub(super) fn document(
    name: &'static str,
    at: &'static [&'static str],
    description: &'static str,
    shape: &'static str,
) -> Column {
    path(name, Type::Json, at, description).shaped(shape)
}

/// A count that the API leaves out when it is zero.
pub(super) fn count(
    name: &'static str,
    at: &'static [&'static [&'static str]],
    description: &'static str,
) -> Column {
    filled(name, Type::Int64, at, count_or_zero, description)
}

/// A truth value that the API leaves out when it is false.
pub(super) fn flag(
    name: &'static str,
    at: &'static [&'static [&'static str]],
    description: &'static str,
) -> Column {
    filled(name, Type::Bool, at, false_if_absent, description)
}

/// kubectl's CONTAINERS and IMAGES of a pod template. `at` is the path of its containers.
pub(super) fn template(at: &'static [&'static [&'static str]]) -> [Column; 2] {
    let texts = || Type::list(Type::Utf8);
    [
        derived("containers", texts(), at, names, "Containers of its pods"),
        derived("images", texts(), at, images, "Images of its pods"),
    ]
}

/// The conditions of an object, by what they say.
pub(super) fn conditions() -> Column {
    derived(
        "conditions",
        Type::map(Type::Utf8),
        &[&["status", "conditions"]],
        condition_states,
        "Its conditions: `True`, `False` or `Unknown` by type; why, and since when, is in `status`",
    )
}

/// The labels of a label selector; its expressions are in `spec`.
pub(super) fn selector() -> Column {
    path(
        "selector",
        Type::map(Type::Utf8),
        &["spec", "selector", "matchLabels"],
        "Labels of its pods",
    )
}
