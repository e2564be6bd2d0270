//! Owns storage: the classes, the claims of the stores, the volumes they are bound to and where those are attached. One
//! claim waits for a class that does not exist, and one volume is left over.

use serde_json::{Value, json};

use super::controllers::{Store, claim_name, stores};
use crate::objects::kinds::{Writer, labels};
use crate::objects::meta::{Managers, Meta};

const AGE_S: u64 = 90 * 86_400;
/// The claim that is never bound, the namespace it is in, and the class it waits for.
const LOST_CLAIM: (&str, &str, &str) = ("search", "reindex-scratch", "io2-express");
/// The volume that nothing claims any more.
const RELEASED: (&str, &str) = ("search", "data-indexer-legacy-0");
const DRIVER: &str = "ebs.csi.aws.com";

fn managers(manager: &'static str, api_version: &'static str) -> Managers {
    Managers {
        api_version,
        manager,
        status_manager: Some("kube-controller-manager"),
    }
}

/// `gp3`, the default, and the class it replaced.
pub(super) fn classes(writer: &mut Writer<'_>) {
    for (name, is_default, kind, binding) in [
        ("gp2", "false", "gp2", "Immediate"),
        ("gp3", "true", "gp3", "WaitForFirstConsumer"),
    ] {
        let meta = Meta {
            annotations: labels(&[("storageclass.kubernetes.io/is-default-class", is_default)]),
            ..writer.meta("", name, AGE_S)
        };
        let rest = json!({
            "provisioner": DRIVER, "parameters": {"type": kind, "encrypted": "true"}, "reclaimPolicy": "Delete",
            "allowVolumeExpansion": true, "volumeBindingMode": binding,
        });
        let managers = Managers {
            status_manager: None,
            ..managers("helm", "storage.k8s.io/v1")
        };
        writer.put(meta, &managers, Vec::new(), rest);
    }
}

/// A claim of a store with the volume it is bound to.
struct Bound {
    store: Store,
    claim: String,
    volume: String,
    node: String,
    zone: String,
    handle: String,
}

fn bound(writer: &Writer<'_>) -> Vec<Bound> {
    let ready: Vec<_> = writer.plan.nodes.iter().filter(|node| node.ready).collect();
    let mut all = Vec::new();
    for store in stores(writer) {
        for replica in 0..store.replicas {
            let claim = claim_name(&store, replica);
            let uid = writer
                .plan
                .uid("persistentvolumeclaims", store.namespace, &claim);
            let mut rng = writer.plan.stream("volumes", store.namespace, &claim);
            let index = usize::try_from(rng.below(ready.len() as u64)).unwrap_or(0);
            let Some(node) = ready.get(index) else {
                continue;
            };
            all.push(Bound {
                volume: format!("pvc-{uid}"),
                node: node.name.clone(),
                zone: node.zone.clone(),
                handle: format!("vol-0{}", rng.hex(16)),
                claim,
                store: store.clone(),
            });
        }
    }
    all
}

fn claim_spec(size_gib: u64, class: &str) -> Value {
    json!({
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": format!("{size_gib}Gi")}},
        "storageClassName": class, "volumeMode": "Filesystem",
    })
}

/// The claims.
pub(super) fn claims(writer: &mut Writer<'_>) {
    for bound in bound(writer) {
        let store = &bound.store;
        let meta = Meta {
            labels: labels(&[("app.kubernetes.io/name", &store.name)]),
            annotations: labels(&[
                ("pv.kubernetes.io/bind-completed", "yes"),
                ("volume.kubernetes.io/storage-provisioner", DRIVER),
            ]),
            finalizers: vec!["kubernetes.io/pvc-protection"],
            ..writer.meta(store.namespace, bound.claim.clone(), store.age_s)
        };
        let mut spec = claim_spec(store.size_gib, "gp3");
        spec["volumeName"] = json!(bound.volume);
        let status = json!({
            "phase": "Bound", "accessModes": ["ReadWriteOnce"],
            "capacity": {"storage": format!("{}Gi", store.size_gib)},
        });
        writer.put(
            meta,
            &managers("kube-controller-manager", "v1"),
            Vec::new(),
            json!({"spec": spec, "status": status}),
        );
    }
    let (namespace, name, class) = LOST_CLAIM;
    let meta = Meta {
        finalizers: vec!["kubernetes.io/pvc-protection"],
        ..writer.meta(namespace, name, 3 * 86_400)
    };
    let rest = json!({"spec": claim_spec(500, class), "status": {"phase": "Pending"}});
    writer.put(meta, &managers("helm", "v1"), Vec::new(), rest);
}

/// The volumes.
pub(super) fn volumes(writer: &mut Writer<'_>) {
    for bound in bound(writer) {
        let store = &bound.store;
        let claim_uid = writer
            .plan
            .uid("persistentvolumeclaims", store.namespace, &bound.claim);
        let spec = volume_spec(
            store.size_gib,
            &bound.handle,
            &bound.zone,
            (store.namespace, &bound.claim, &claim_uid),
        );
        put_volume(writer, bound.volume, store.age_s, spec, "Bound");
    }
    let (namespace, claim) = RELEASED;
    let Some(zone) = writer.plan.nodes.first().map(|node| node.zone.clone()) else {
        return;
    };
    let claim_uid = writer.plan.uid("persistentvolumeclaims", namespace, claim);
    let handle = format!(
        "vol-0{}",
        writer.plan.stream("volumes", namespace, claim).hex(16)
    );
    let mut spec = volume_spec(250, &handle, &zone, (namespace, claim, &claim_uid));
    spec["persistentVolumeReclaimPolicy"] = json!("Retain");
    put_volume(
        writer,
        format!("pvc-{claim_uid}"),
        70 * 86_400,
        spec,
        "Released",
    );
}

fn volume_spec(
    size_gib: u64,
    handle: &str,
    zone: &str,
    (namespace, claim, claim_uid): (&str, &str, &str),
) -> Value {
    json!({
        "capacity": {"storage": format!("{size_gib}Gi")},
        "csi": {"driver": DRIVER, "volumeHandle": handle, "fsType": "ext4"},
        "accessModes": ["ReadWriteOnce"],
        "claimRef": {
            "kind": "PersistentVolumeClaim", "namespace": namespace, "name": claim, "uid": claim_uid,
            "apiVersion": "v1",
        },
        "persistentVolumeReclaimPolicy": "Delete", "storageClassName": "gp3", "volumeMode": "Filesystem",
        "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
            {"key": "topology.kubernetes.io/zone", "operator": "In", "values": [zone]},
        ]}]}},
    })
}

fn put_volume(writer: &mut Writer<'_>, name: String, age_s: u64, spec: Value, phase: &str) {
    let meta = Meta {
        annotations: labels(&[("pv.kubernetes.io/provisioned-by", DRIVER)]),
        finalizers: vec![
            "external-provisioner.volume.kubernetes.io/finalizer",
            "kubernetes.io/pv-protection",
        ],
        ..writer.meta("", name, age_s)
    };
    let changed = writer.plan.clock.ago(age_s.saturating_sub(2));
    let status = json!({"phase": phase, "lastPhaseTransitionTime": changed});
    writer.put(
        meta,
        &managers("csi-provisioner", "v1"),
        Vec::new(),
        json!({"spec": spec, "status": status}),
    );
}

/// Where the volumes that are in use are attached.
pub(super) fn attachments(writer: &mut Writer<'_>) {
    for bound in bound(writer) {
        let name = format!(
            "csi-{}",
            writer
                .plan
                .stream("volumeattachments", &bound.node, &bound.volume)
                .hex(64)
        );
        let meta = Meta {
            annotations: labels(&[("csi.alpha.kubernetes.io/node-id", &bound.node)]),
            finalizers: vec!["external-attacher/ebs-csi-aws-com"],
            ..writer.meta("", name, bound.store.age_s.saturating_sub(20))
        };
        let rest = json!({
            "spec": {
                "attacher": DRIVER, "source": {"persistentVolumeName": bound.volume}, "nodeName": bound.node,
            },
            "status": {"attached": true, "attachmentMetadata": {"devicePath": "/dev/xvdaa"}},
        });
        let managers = Managers {
            status_manager: Some("csi-attacher"),
            ..managers("kube-controller-manager", "storage.k8s.io/v1")
        };
        writer.put(meta, &managers, Vec::new(), rest);
    }
}
