//! Owns the columns that every kind has; refuses those of one kind.

use trawl_sdk::schema::Type;

use super::{Column, path};

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
        path(
            "spec",
            Type::Json,
            &["spec"],
            "What is wanted, as the API has it",
        )
        .shaped(spec),
        path(
            "status",
            Type::Json,
            &["status"],
            "What is, as the API has it",
        )
        .shaped(status),
    ]
}
