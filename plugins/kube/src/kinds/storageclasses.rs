//! Owns the table of storage classes.

use trawl_sdk::schema::Type;

use super::common::{document, flag};
use super::{BASE, Column, Kind, derived, path};
use crate::derive::true_text;

pub(super) const KIND: Kind = Kind {
    name: "storageclasses",
    aliases: &["storageclass", "sc"],
    description: "Storage classes",
    api: &["apis", "storage.k8s.io", "v1"],
    namespaced: false,
    own: columns,
    ..BASE
};

fn columns() -> Vec<Column> {
    vec![
        path(
            "provisioner",
            Type::Utf8,
            &["provisioner"],
            "Who makes its volumes",
        ),
        path(
            "reclaim_policy",
            Type::Utf8,
            &["reclaimPolicy"],
            "What becomes of a volume after its claim: Delete or Retain",
        ),
        path(
            "binding_mode",
            Type::Utf8,
            &["volumeBindingMode"],
            "Immediate or WaitForFirstConsumer",
        ),
        flag(
            "allow_expansion",
            &[&["allowVolumeExpansion"]],
            "Whether its volumes can grow",
        ),
        derived(
            "is_default",
            Type::Bool,
            &[
                &[
                    "metadata",
                    "annotations",
                    "storageclass.kubernetes.io/is-default-class",
                ],
                &[
                    "metadata",
                    "annotations",
                    "storageclass.beta.kubernetes.io/is-default-class",
                ],
            ],
            true_text,
            "Whether claims without a class get it, by annotation",
        ),
        path(
            "parameters",
            Type::map(Type::Utf8),
            &["parameters"],
            "Settings for the provisioner",
        ),
        path(
            "mount_options",
            Type::list(Type::Utf8),
            &["mountOptions"],
            "How its volumes are mounted",
        ),
        document(
            "allowedTopologies",
            &["allowedTopologies"],
            "Where its volumes may be",
            include_str!("../shapes/storageclasses.allowedTopologies.txt"),
        ),
    ]
}
