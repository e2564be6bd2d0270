//! Owns the custom resource definitions of the fleet, read from the manifests in `crds/`: names, versions, schemas and
//! printed columns; and which cluster has which. The schemas are those of the projects, cut to what objects use.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::objects::collection::Draft;
use crate::objects::meta::{Context, Managers, Meta, draft};
use crate::objects::plan::Plan;
use crate::options::ClusterProfile;

/// A custom resource definition.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) group: String,
    pub(crate) plural: String,
    pub(crate) singular: String,
    pub(crate) kind: String,
    pub(crate) short: Vec<&'static str>,
    pub(crate) categories: Vec<&'static str>,
    pub(crate) namespaced: bool,
    /// The served versions, the preferred one first.
    pub(crate) versions: Vec<Version>,
    presence: Presence,
    spec: &'static Value,
}

/// One served version of a definition.
#[derive(Debug)]
pub(crate) struct Version {
    pub(crate) name: String,
    /// `openAPIV3Schema`.
    pub(crate) schema: &'static Value,
    /// `additionalPrinterColumns`; without any, a table shows the age.
    pub(crate) columns: &'static [Value],
}

/// Which of every three clusters have a definition: `prod-ap`, `prod-us`, `staging` and those like them.
type Presence = [bool; 3];

/// The manifests, and where they are installed. Production has Argo CD and is meshed across regions; staging has Flux,
/// which prod-us is about to move to and still runs in an older version; prod-us manages the fleet's machines.
const MANIFESTS: [(&str, Presence); 10] = [
    (
        include_str!("../../../crds/argoproj.io.json"),
        [true, true, false],
    ),
    (
        include_str!("../../../crds/cert-manager.io.json"),
        [true, true, true],
    ),
    (
        include_str!("../../../crds/cluster.x-k8s.io.json"),
        [false, true, false],
    ),
    (
        include_str!("../../../crds/helm.toolkit.fluxcd.io-v2.json"),
        [false, false, true],
    ),
    (
        include_str!("../../../crds/helm.toolkit.fluxcd.io-v2beta2.json"),
        [false, true, false],
    ),
    (
        include_str!("../../../crds/kustomize.toolkit.fluxcd.io.json"),
        [false, true, true],
    ),
    (
        include_str!("../../../crds/multicluster.x-k8s.io.json"),
        [true, true, false],
    ),
    (
        include_str!("../../../crds/networking.istio.io.json"),
        [true, true, true],
    ),
    (
        include_str!("../../../crds/source.toolkit.fluxcd.io.json"),
        [false, true, true],
    ),
    (
        include_str!("../../../crds/submariner.io.json"),
        [true, true, false],
    ),
];

static SPECS: LazyLock<Vec<(Value, Presence)>> = LazyLock::new(|| {
    let read = |(text, presence): (&str, Presence)| {
        // A manifest that is no JSON would define nothing; a test reads every one of them.
        let specs: Vec<Value> = serde_json::from_str(text).unwrap_or_default();
        specs.into_iter().map(move |spec| (spec, presence))
    };
    MANIFESTS.into_iter().flat_map(read).collect()
});

static DEFINITIONS: LazyLock<Vec<Definition>> = LazyLock::new(|| {
    SPECS
        .iter()
        .map(|(spec, presence)| Definition::of(spec, *presence))
        .collect()
});

/// Every definition of the fleet; one kind can have several, in different versions for different clusters.
pub(crate) fn definitions() -> &'static [Definition] {
    &DEFINITIONS
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn texts(value: &'static Value) -> Vec<&'static str> {
    let items = value.as_array().into_iter().flatten();
    items.filter_map(Value::as_str).collect()
}

impl Definition {
    fn of(spec: &'static Value, presence: Presence) -> Definition {
        let names = &spec["names"];
        let versions = spec["versions"].as_array().into_iter().flatten();
        Definition {
            group: text(&spec["group"]),
            plural: text(&names["plural"]),
            singular: text(&names["singular"]),
            kind: text(&names["kind"]),
            short: texts(&names["shortNames"]),
            categories: texts(&names["categories"]),
            namespaced: spec["scope"] == "Namespaced",
            versions: versions
                .map(|version| Version {
                    name: text(&version["name"]),
                    schema: &version["schema"]["openAPIV3Schema"],
                    columns: version["additionalPrinterColumns"]
                        .as_array()
                        .map_or(&[], Vec::as_slice),
                })
                .collect(),
            presence,
            spec,
        }
    }

    /// Whether a cluster has it.
    pub(crate) fn is_served(&self, profile: &ClusterProfile) -> bool {
        self.presence[profile.index % self.presence.len()]
    }

    /// The version with this name.
    pub(crate) fn version(&self, name: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.name == name)
    }

    fn name(&self) -> String {
        format!("{}.{}", self.plural, self.group)
    }
}

/// The definitions a cluster has.
pub(super) fn served(profile: &ClusterProfile) -> impl Iterator<Item = &'static Definition> {
    definitions()
        .iter()
        .filter(|definition| definition.is_served(profile))
}

/// The definition of a kind that a cluster has, in whichever version.
pub(in crate::objects) fn find(
    profile: &ClusterProfile,
    group: &str,
    plural: &str,
) -> Option<&'static Definition> {
    served(profile).find(|definition| definition.group == group && definition.plural == plural)
}

/// Since when a cluster has its definitions.
const INSTALLED_S: u64 = 80 * 86_400;

/// The definitions of a cluster as objects.
pub(in crate::objects) fn objects(plan: &Plan, context: &mut Context<'_>) -> Vec<Draft> {
    let managers = Managers {
        api_version: "apiextensions.k8s.io/v1",
        manager: "helm",
        status_manager: Some("kube-apiserver"),
    };
    let installed = plan.clock.ago(INSTALLED_S);
    let object = |definition: &Definition| {
        let name = definition.name();
        let condition = |kind: &str, reason: &str, message: &str| {
            json!({
                "type": kind, "status": "True", "lastTransitionTime": installed, "reason": reason, "message": message,
            })
        };
        let stored: Vec<&str> = definition.spec["versions"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|version| version["storage"] == true)
            .filter_map(|version| version["name"].as_str())
            .collect();
        let status = json!({
            "conditions": [
                condition("NamesAccepted", "NoConflicts", "no conflicts found"),
                condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
            ],
            "acceptedNames": definition.spec["names"],
            "storedVersions": stored,
        });
        let meta = Meta {
            uid: plan.uid("CustomResourceDefinition", "", &name),
            generation: Some(1),
            created: installed.clone(),
            name,
            ..Meta::default()
        };
        (meta, json!({"spec": definition.spec, "status": status}))
    };
    served(&plan.profile)
        .map(object)
        .map(|(meta, rest)| draft(context, meta, &managers, Vec::new(), rest))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_manifest_defines_kinds_with_schemas() {
        assert_eq!(definitions().len(), 20);
        for definition in definitions() {
            assert!(!definition.group.is_empty() && !definition.versions.is_empty());
            for version in &definition.versions {
                assert_eq!(version.schema["type"], "object", "{}", definition.name());
                assert!(version.schema["properties"].is_object());
            }
        }
    }

    #[test]
    fn no_cluster_has_two_definitions_of_a_kind_and_none_has_all() {
        for index in 0..3 {
            let mut names: Vec<_> = served(&ClusterProfile::nth(index))
                .map(Definition::name)
                .collect();
            names.sort();
            let count = names.len();
            names.dedup();
            assert_eq!(names.len(), count);
            assert!(count < definitions().len());
        }
    }

    #[test]
    fn one_kind_has_other_fields_in_another_cluster() {
        let status = |index: usize| {
            let profile = ClusterProfile::nth(index);
            let definition = find(&profile, "helm.toolkit.fluxcd.io", "helmreleases").unwrap();
            definition.versions[0].schema["properties"]["status"]["properties"].clone()
        };
        assert!(
            status(1).get("lastAppliedRevision").is_some() && status(1).get("history").is_none()
        );
        assert!(
            status(2).get("lastAppliedRevision").is_none() && status(2).get("history").is_some()
        );
    }
}
