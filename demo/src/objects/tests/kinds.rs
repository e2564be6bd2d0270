//! What holds for the kinds that are generated when they are asked for: they decode into the official types or keep to
//! their own schema, and do not depend on who asked first.

use k8s_openapi::api::apps::v1::{DaemonSet, StatefulSet};
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::certificates::v1::CertificateSigningRequest;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{
    Endpoints, LimitRange, PersistentVolume, PersistentVolumeClaim, ResourceQuota, ServiceAccount,
};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::networking::v1::{Ingress, IngressClass, NetworkPolicy};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding};
use k8s_openapi::api::scheduling::v1::PriorityClass;
use k8s_openapi::api::storage::v1::{StorageClass, VolumeAttachment};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

use super::*;

/// All objects of a kind.
pub(super) fn listed(world: &World, group: &str, plural: &str) -> Vec<Value> {
    let collection = world.collection(group, plural).unwrap();
    collection
        .objects()
        .iter()
        .map(|object| serde_json::from_slice(&collection.item(object)).unwrap())
        .collect()
}

/// Decodes all objects of a kind; what the type does not know would be lost, so it is compared as well.
fn typed<T: DeserializeOwned + serde::Serialize>(world: &World, group: &str, plural: &str) {
    let values = listed(world, group, plural);
    assert!(!values.is_empty(), "{plural}");
    for value in values {
        let typed: T = serde_json::from_value(value.clone())
            .unwrap_or_else(|error| panic!("{plural}: {error}: {value}"));
        let back = serde_json::to_value(typed).unwrap();
        let (mut ours, mut theirs) = (BTreeSet::new(), BTreeSet::new());
        paths(&value, "", &mut ours);
        paths(&back, "", &mut theirs);
        let lost: Vec<_> = ours
            .difference(&theirs)
            .filter(|path| !empty_at(&value, path))
            .collect();
        assert!(lost.is_empty(), "{plural}: the type has no {lost:?}");
    }
}

/// Types leave out what is null or empty.
fn empty_at(value: &Value, path: &str) -> bool {
    let pointer = path.replace("[]", "/0").replace('.', "/");
    value.pointer(&pointer).is_none_or(|value| {
        value.is_null()
            || value.as_array().is_some_and(Vec::is_empty)
            || *value == serde_json::json!({})
    })
}

#[test]
fn every_kind_decodes_into_its_official_type() {
    for index in 0..3 {
        let world = world(index, 120);
        typed::<Endpoints>(&world, "", "endpoints");
        typed::<LimitRange>(&world, "", "limitranges");
        typed::<PersistentVolumeClaim>(&world, "", "persistentvolumeclaims");
        typed::<PersistentVolume>(&world, "", "persistentvolumes");
        typed::<ResourceQuota>(&world, "", "resourcequotas");
        typed::<Secret>(&world, "", "secrets");
        typed::<ServiceAccount>(&world, "", "serviceaccounts");
        typed::<DaemonSet>(&world, "apps", "daemonsets");
        typed::<StatefulSet>(&world, "apps", "statefulsets");
        typed::<HorizontalPodAutoscaler>(&world, "autoscaling", "horizontalpodautoscalers");
        typed::<CronJob>(&world, "batch", "cronjobs");
        typed::<Job>(&world, "batch", "jobs");
        typed::<CertificateSigningRequest>(
            &world,
            "certificates.k8s.io",
            "certificatesigningrequests",
        );
        typed::<IngressClass>(&world, "networking.k8s.io", "ingressclasses");
        typed::<Ingress>(&world, "networking.k8s.io", "ingresses");
        typed::<NetworkPolicy>(&world, "networking.k8s.io", "networkpolicies");
        typed::<PodDisruptionBudget>(&world, "policy", "poddisruptionbudgets");
        let rbac = "rbac.authorization.k8s.io";
        typed::<ClusterRoleBinding>(&world, rbac, "clusterrolebindings");
        typed::<ClusterRole>(&world, rbac, "clusterroles");
        typed::<RoleBinding>(&world, rbac, "rolebindings");
        typed::<Role>(&world, rbac, "roles");
        typed::<StorageClass>(&world, "storage.k8s.io", "storageclasses");
        typed::<VolumeAttachment>(&world, "storage.k8s.io", "volumeattachments");
        typed::<CustomResourceDefinition>(
            &world,
            "apiextensions.k8s.io",
            "customresourcedefinitions",
        );
        typed::<PriorityClass>(&world, "scheduling.k8s.io", "priorityclasses");
        typed::<Lease>(&world, "coordination.k8s.io", "leases");
        typed::<EndpointSlice>(&world, "discovery.k8s.io", "endpointslices");
    }
}

/// What a schema of a definition does not allow, with its place.
fn violations(schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    if schema["x-kubernetes-preserve-unknown-fields"] == true {
        return;
    }
    if schema["x-kubernetes-int-or-string"] == true {
        if !value.is_string() && !value.is_i64() {
            found.push(format!("{at} is neither a number nor a text"));
        }
        return;
    }
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        _ => false,
    };
    if !fits {
        found.push(format!("{at} is no {}", schema["type"]));
        return;
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        found.push(format!("{at} may not be {value}"));
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        if value.get(name.as_str().unwrap()).is_none() {
            found.push(format!("{at} has no {name}"));
        }
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        let inner = match schema["properties"].get(name) {
            Some(inner) => inner,
            None => &schema["additionalProperties"],
        };
        if inner.is_null() {
            found.push(format!("{at}.{name} is not in the schema"));
        } else {
            violations(inner, member, &format!("{at}.{name}"), found);
        }
    }
    for item in value.as_array().into_iter().flatten() {
        violations(&schema["items"], item, &format!("{at}[]"), found);
    }
}

#[test]
fn custom_objects_keep_to_the_schema_of_every_version_their_cluster_serves() {
    let mut kinds = 0;
    for index in 0..3 {
        let world = world(index, 120);
        for definition in custom::definitions() {
            if !definition.is_served(&world.profile) {
                assert!(index_is_absent(&world, definition));
                continue;
            }
            kinds += 1;
            let objects = listed(&world, &definition.group, &definition.plural);
            assert!(!objects.is_empty(), "{}", definition.plural);
            for version in &definition.versions {
                for object in &objects {
                    let mut whole = object.clone();
                    whole["metadata"] = serde_json::json!({});
                    let mut found = Vec::new();
                    violations(version.schema, &whole, &definition.plural, &mut found);
                    assert!(found.is_empty(), "{found:#?}");
                }
            }
        }
    }
    assert!(kinds > 35, "{kinds}");
}

/// A kind that is not served has no objects, unless the cluster serves it by another definition.
fn index_is_absent(world: &World, definition: &custom::Definition) -> bool {
    world
        .collection(&definition.group, &definition.plural)
        .is_none()
        || custom::definitions().iter().any(|other| {
            other.plural == definition.plural
                && other.group == definition.group
                && other.is_served(&world.profile)
        })
}

#[test]
fn who_asks_first_changes_nothing_and_no_version_is_given_twice() {
    let (first, second) = (world(1, 60), world(1, 60));
    let bytes = |world: &World, (group, plural): &Key| {
        let collection = world.collection(group, plural).unwrap();
        collection.items(0..collection.objects().len())
    };
    let keys: Vec<Key> = first.collections.keys().copied().collect();
    for key in &keys {
        bytes(&first, key);
    }
    let mut versions = BTreeSet::new();
    for key in keys.iter().rev() {
        assert_eq!(bytes(&first, key), bytes(&second, key), "{key:?}");
        for object in listed(&second, key.0, key.1) {
            let Some(version) = object["metadata"]["resourceVersion"].as_str() else {
                assert_eq!(key.0, "metrics.k8s.io");
                continue;
            };
            let version: u64 = version.parse().unwrap();
            assert!(version <= second.resource_version);
            assert!(versions.insert(version), "{key:?} {version}");
        }
    }
}
