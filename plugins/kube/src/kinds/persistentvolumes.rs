//! Owns the table of persistent volumes.

use trawl_sdk::schema::Type;

use super::common::spec_and_status;
use super::{BASE, Column, Kind, derived, path};
use crate::derive::{claim, storage_class, volume_state};

pub(super) const KIND: Kind = Kind {
    name: "persistentvolumes",
    aliases: &["persistentvolume", "pv"],
    description: "Persistent volumes",
    namespaced: false,
    own: columns,
    ..BASE
};

fn columns() -> Vec<Column> {
    let mut columns = vec![
        path(
            "capacity",
            Type::Quantity,
            &["spec", "capacity", "storage"],
            "How much it holds, in bytes",
        ),
        path(
            "access_modes",
            Type::list(Type::Utf8),
            &["spec", "accessModes"],
            "ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod",
        ),
        path(
            "reclaim_policy",
            Type::Utf8,
            &["spec", "persistentVolumeReclaimPolicy"],
            "What becomes of it after its claim: Retain, Delete or Recycle",
        ),
        path(
            "phase",
            Type::Utf8,
            &["status", "phase"],
            "Pending, Available, Bound, Released or Failed",
        ),
        derived(
            "state",
            Type::Utf8,
            &[&["status", "phase"], &["metadata", "deletionTimestamp"]],
            volume_state,
            "kubectl's STATUS: the phase, or Terminating",
        ),
        derived(
            "claim",
            Type::Utf8,
            &[&["spec", "claimRef"]],
            claim,
            "The claim that it is bound to: `namespace/name`",
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
        path("reason", Type::Utf8, &["status", "reason"], "Why it failed"),
        path(
            "volume_mode",
            Type::Utf8,
            &["spec", "volumeMode"],
            "Filesystem or Block",
        ),
        path(
            "driver",
            Type::Utf8,
            &["spec", "csi", "driver"],
            "CSI driver, if one provides it",
        ),
    ];
    columns.extend(spec_and_status(
        include_str!("../shapes/persistentvolumes.spec.txt"),
        include_str!("../shapes/persistentvolumes.status.txt"),
    ));
    columns
}
