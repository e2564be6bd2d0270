//! Owns what all generated objects share: `metadata` in the order kube-apiserver writes it, and resource versions.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::collection::Draft;
use super::managed_fields;
use super::plan::Plan;
use crate::clock::Clock;
use crate::options::ClusterProfile;

/// Where the resource versions of a fresh cluster begin; real ones never start at 1.
const FIRST_RESOURCE_VERSION: u64 = 200;

/// What generating one cluster needs at hand.
pub(crate) struct Context<'a> {
    pub(crate) seed: u64,
    pub(crate) profile: &'a ClusterProfile,
    pub(crate) clock: Clock,
    /// How many nodes the cluster has, for what the scheduler says.
    pub(crate) nodes: usize,
    next_version: u64,
    /// Whether objects are written with sorted keys, as kube-apiserver writes custom resources, which it keeps as maps
    /// [recorded]; those of its own kinds are in the order of their types.
    sorted: bool,
}

impl<'a> Context<'a> {
    /// The start of a cluster.
    pub(crate) fn new(
        seed: u64,
        profile: &'a ClusterProfile,
        clock: Clock,
        nodes: usize,
    ) -> Context<'a> {
        Context {
            seed,
            profile,
            clock,
            nodes,
            next_version: FIRST_RESOURCE_VERSION,
            sorted: false,
        }
    }

    /// The same cluster, with resource versions that begin after this one.
    pub(crate) fn after(plan: &'a Plan, version: u64, sorted: bool) -> Context<'a> {
        Context {
            next_version: version,
            sorted,
            ..Context::new(plan.seed, &plan.profile, plan.clock, plan.nodes.len())
        }
    }

    /// A resource version that no other object of the cluster has.
    pub(crate) fn version(&mut self) -> String {
        self.next_version = self.next_version.saturating_add(1);
        self.next_version.to_string()
    }

    /// The version a list of the finished cluster carries.
    pub(crate) fn list_version(&self) -> u64 {
        self.next_version
    }
}

/// An object's identity and owners; what is left empty is left out, as kube-apiserver does.
#[derive(Default)]
pub(crate) struct Meta {
    pub(crate) name: String,
    pub(crate) generate_name: Option<String>,
    pub(crate) namespace: String,
    pub(crate) uid: String,
    pub(crate) generation: Option<u64>,
    pub(crate) created: String,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) annotations: Vec<(String, String)>,
    /// `(apiVersion, kind, name, uid)` of the controller.
    pub(crate) owner: Option<(&'static str, &'static str, String, String)>,
    pub(crate) finalizers: Vec<&'static str>,
}

/// Who wrote an object, for `managedFields`.
pub(crate) struct Managers {
    pub(crate) api_version: &'static str,
    pub(crate) manager: &'static str,
    pub(crate) status_manager: Option<&'static str>,
}

/// Puts an object together. `rest` must be a JSON object: `spec`, `status` and the like.
pub(crate) fn draft(
    context: &mut Context<'_>,
    meta: Meta,
    managers: &Managers,
    fields: Vec<(&'static str, String)>,
    rest: Value,
) -> Draft {
    let mut rest = match rest {
        Value::Object(rest) => rest,
        _ => Map::new(),
    };
    let pairs =
        |pairs: Vec<(String, String)>| pairs.into_iter().collect::<BTreeMap<String, String>>();
    let (labels, annotations) = (pairs(meta.labels), pairs(meta.annotations));
    let mut metadata = Map::new();
    let mut put = |name: &str, value: Value| {
        metadata.insert(name.to_owned(), value);
    };
    put("name", json!(meta.name));
    if let Some(generate_name) = meta.generate_name {
        put("generateName", json!(generate_name));
    }
    if !meta.namespace.is_empty() {
        put("namespace", json!(meta.namespace));
    }
    put("uid", json!(meta.uid));
    put("resourceVersion", json!(context.version()));
    if let Some(generation) = meta.generation {
        put("generation", json!(generation));
    }
    put("creationTimestamp", json!(meta.created));
    if !labels.is_empty() {
        put("labels", json!(labels));
    }
    if !annotations.is_empty() {
        put("annotations", json!(annotations));
    }
    if let Some((api_version, kind, name, uid)) = meta.owner {
        put(
            "ownerReferences",
            json!([{
                "apiVersion": api_version, "kind": kind, "name": name, "uid": uid,
                "controller": true, "blockOwnerDeletion": true,
            }]),
        );
    }
    if !meta.finalizers.is_empty() {
        put("finalizers", json!(meta.finalizers));
    }
    let entries = managed_fields::entries(
        managers.api_version,
        &meta.created,
        managers.manager,
        managers.status_manager,
        &metadata,
        &rest,
    );
    metadata.insert("managedFields".to_owned(), entries);
    if context.sorted {
        for part in [&mut metadata, &mut rest] {
            part.sort_keys();
            part.values_mut().for_each(Value::sort_all_objects);
        }
    }
    Draft::new(meta.namespace, meta.name, labels, fields, metadata, rest)
}
