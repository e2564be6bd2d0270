//! Owns the table of claims of persistent volumes.

use trawl_sdk::schema::Type;

use super::common::{conditions, spec_and_status};
use super::{BASE, Column, Kind, derived, path};
use crate::derive::{storage_class, volume_state};

pub(super) const KIND: Kind = Kind {
    name: "persistentvolumeclaims",
    aliases: &["persistentvolumeclaim", "pvc"],
    description: "Claims of persistent volumes",
    own: columns,
    ..BASE
};

fn columns() -> Vec<Column> {
    let mut columns = vec![
        path(
            "phase",
            Type::Utf8,
            &["status", "phase"],
            "Pending, Bound or Lost",
        ),
        derived(
            "state",
            Type::Utf8,
            &[&["status", "phase"], &["metadata", "deletionTimestamp"]],
            volume_state,
            "kubectl's STATUS: the phase, or Terminating",
        ),
        path(
            "volume",
            Type::Utf8,
            &["spec", "volumeName"],
            "Volume that it is bound to",
        ),
        path(
            "capacity",
            Type::Quantity,
            &["status", "capacity", "storage"],
            "How much it holds, in bytes",
        ),
        path(
            "requested",
            Type::Quantity,
            &["spec", "resources", "requests", "storage"],
            "How much was asked for, in bytes",
        ),
        path(
            "access_modes",
            Type::list(Type::Utf8),
            &["status", "accessModes"],
            "How the volume may be used: ReadWriteOnce, …",
        ),
        derived(
            "storage_class",
            Type::Utf8,
            &[
                &[
                    "metadata",
                    "annotations",
                    "volume.beta.kubernetes.io/storage-class",
                ],
                &["spec", "storageClassName"],
            ],
            storage_class,
            "Its storage class",
        ),
        path(
            "attributes_class",
            Type::Utf8,
            &["spec", "volumeAttributesClassName"],
            "Its volume attributes class",
        ),
        path(
            "volume_mode",
            Type::Utf8,
            &["spec", "volumeMode"],
            "Filesystem or Block",
        ),
    ];
    columns.push(conditions());
    columns.extend(spec_and_status(
        include_str!("../shapes/persistentvolumeclaims.spec.txt"),
        include_str!("../shapes/persistentvolumeclaims.status.txt"),
    ));
    columns
}
