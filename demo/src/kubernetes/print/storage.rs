//! Owns the rows of volumes, claims, storage classes and attachments.

use serde_json::{Value, json};

use super::{AGE, Column, NAME, Row, column, list, text, wide};

const MODE: Column = wide(
    "VolumeMode",
    "volumeMode defines what type of volume is required.",
);
const CLASS: Column = column(
    "StorageClass",
    "StorageClass of the volume or of the claim.",
);
const ATTRIBUTES: Column = column(
    "VolumeAttributesClass",
    "VolumeAttributesClass of the volume or of the claim.",
);

/// A volume's columns.
pub(super) const VOLUMES: [Column; 11] = [
    NAME,
    column(
        "Capacity",
        "capacity is the description of the persistent volume's resources and capacity.",
    ),
    column(
        "Access Modes",
        "accessModes contains all ways the volume can be mounted.",
    ),
    column(
        "Reclaim Policy",
        "persistentVolumeReclaimPolicy defines what happens to a persistent volume when released from its claim.",
    ),
    column(
        "Status",
        "phase indicates if a volume is available, bound to a claim, or released by a claim.",
    ),
    column(
        "Claim",
        "claimRef is part of a bi-directional binding between PersistentVolume and PersistentVolumeClaim.",
    ),
    CLASS,
    ATTRIBUTES,
    column(
        "Reason",
        "reason is a brief CamelCase string that describes any failure.",
    ),
    AGE,
    MODE,
];
/// A claim's columns.
pub(super) const CLAIMS: [Column; 9] = [
    NAME,
    column(
        "Status",
        "phase represents the current phase of PersistentVolumeClaim.",
    ),
    column(
        "Volume",
        "volumeName is the binding reference to the PersistentVolume backing this claim.",
    ),
    column(
        "Capacity",
        "capacity represents the actual resources of the underlying volume.",
    ),
    column(
        "Access Modes",
        "accessModes contains the desired access modes the volume should have.",
    ),
    CLASS,
    ATTRIBUTES,
    AGE,
    MODE,
];
/// A storage class's columns.
pub(super) const CLASSES: [Column; 6] = [
    NAME,
    column(
        "Provisioner",
        "provisioner indicates the type of the provisioner.",
    ),
    column(
        "ReclaimPolicy",
        "reclaimPolicy controls the reclaimPolicy for dynamically provisioned PersistentVolumes.",
    ),
    column(
        "VolumeBindingMode",
        "volumeBindingMode indicates how PersistentVolumeClaims should be provisioned and bound.",
    ),
    column(
        "AllowVolumeExpansion",
        "allowVolumeExpansion shows whether the storage class allow volume expand.",
    ),
    AGE,
];
/// An attachment's columns.
pub(super) const ATTACHMENTS: [Column; 6] = [
    NAME,
    column(
        "Attacher",
        "attacher indicates the name of the volume driver that MUST handle this request.",
    ),
    column(
        "PV",
        "persistentVolumeName represents the name of the persistent volume to attach.",
    ),
    column(
        "Node",
        "nodeName represents the node that the volume should be attached to.",
    ),
    column(
        "Attached",
        "attached indicates the volume is successfully attached.",
    ),
    AGE,
];

/// Access modes in short: `RWO,ROX`.
fn modes(value: &Value) -> Value {
    let short: Vec<&str> = list(value)
        .iter()
        .map(|mode| match text(mode) {
            "ReadWriteOnce" => "RWO",
            "ReadOnlyMany" => "ROX",
            "ReadWriteMany" => "RWX",
            "ReadWriteOncePod" => "RWOP",
            other => other,
        })
        .collect();
    json!(short.join(","))
}

fn or_unset(value: &Value) -> Value {
    json!(match text(value) {
        "" => "<unset>",
        name => name,
    })
}

/// A volume's cells.
pub(super) fn volume(row: Row<'_>) -> Vec<Value> {
    let (spec, status) = (row.spec(), row.status());
    let claim = match &spec["claimRef"] {
        Value::Null => String::new(),
        claim => format!("{}/{}", text(&claim["namespace"]), text(&claim["name"])),
    };
    vec![
        row.name(),
        spec["capacity"]["storage"].clone(),
        modes(&spec["accessModes"]),
        spec["persistentVolumeReclaimPolicy"].clone(),
        status["phase"].clone(),
        json!(claim),
        json!(text(&spec["storageClassName"])),
        or_unset(&spec["volumeAttributesClassName"]),
        json!(text(&status["reason"])),
        row.age(),
        spec["volumeMode"].clone(),
    ]
}

/// A claim's cells.
pub(super) fn claim(row: Row<'_>) -> Vec<Value> {
    let (spec, status) = (row.spec(), row.status());
    let bound = !text(&spec["volumeName"]).is_empty();
    let (capacity, access) = if bound {
        (
            status["capacity"]["storage"].clone(),
            modes(&status["accessModes"]),
        )
    } else {
        (json!(""), json!(""))
    };
    vec![
        row.name(),
        status["phase"].clone(),
        json!(text(&spec["volumeName"])),
        capacity,
        access,
        json!(text(&spec["storageClassName"])),
        or_unset(&spec["volumeAttributesClassName"]),
        row.age(),
        spec["volumeMode"].clone(),
    ]
}

/// A storage class's cells.
pub(super) fn class(row: Row<'_>) -> Vec<Value> {
    let object = row.object;
    let default = &object["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"];
    let name = match default.as_str() {
        Some("true") => format!("{} (default)", text(&row.name())),
        _ => text(&row.name()).to_owned(),
    };
    vec![
        json!(name),
        object["provisioner"].clone(),
        object["reclaimPolicy"].clone(),
        object["volumeBindingMode"].clone(),
        json!(object["allowVolumeExpansion"] == true),
        row.age(),
    ]
}

/// An attachment's cells.
pub(super) fn attachment(row: Row<'_>) -> Vec<Value> {
    let spec = row.spec();
    vec![
        row.name(),
        spec["attacher"].clone(),
        spec["source"]["persistentVolumeName"].clone(),
        spec["nodeName"].clone(),
        json!(row.status()["attached"] == true),
        row.age(),
    ]
}
