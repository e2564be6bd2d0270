//! What holds for the kinds that are generated when they are asked for: they decode into the official types or keep to
//! their own schema, refer to what exists, and do not depend on who asked first.

use k8s_openapi::api::apps::v1::{DaemonSet, StatefulSet};
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::batch::v1::{CronJob, Job};
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

fn listed(world: &World, group: &str, plural: &str) -> Vec<Value> {
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

/// `namespace/name` of all objects of a kind.
fn names(world: &World, group: &str, plural: &str) -> BTreeSet<String> {
    let collection = world.collection(group, plural).unwrap();
    collection
        .objects()
        .iter()
        .map(|object| object.key.clone())
        .collect()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no {pointer} in {value}"))
}

#[test]
fn what_objects_refer_to_exists() {
    let rbac = "rbac.authorization.k8s.io";
    for index in 0..3 {
        let world = world(index, 120);
        let in_namespace =
            |object: &Value, name: &str| format!("{}/{name}", text(object, "/metadata/namespace"));
        for (from, pointer, to) in [
            (
                ("autoscaling", "horizontalpodautoscalers"),
                "/spec/scaleTargetRef/name",
                ("apps", "deployments"),
            ),
            (
                ("networking.k8s.io", "ingresses"),
                "/spec/rules/0/http/paths/0/backend/service/name",
                ("", "services"),
            ),
            (
                ("discovery.k8s.io", "endpointslices"),
                "/metadata/labels/kubernetes.io~1service-name",
                ("", "services"),
            ),
            ((rbac, "rolebindings"), "/roleRef/name", (rbac, "roles")),
            (
                ("cert-manager.io", "certificates"),
                "/metadata/ownerReferences/0/name",
                ("networking.k8s.io", "ingresses"),
            ),
            (
                ("batch", "jobs"),
                "/metadata/ownerReferences/0/name",
                ("batch", "cronjobs"),
            ),
        ] {
            let there = names(&world, to.0, to.1);
            for object in listed(&world, from.0, from.1) {
                let name = in_namespace(&object, text(&object, pointer));
                assert!(there.contains(&name), "{from:?} refers to {name} of {to:?}");
            }
        }
        let (volumes, nodes) = (
            names(&world, "", "persistentvolumes"),
            names(&world, "", "nodes"),
        );
        for claim in listed(&world, "", "persistentvolumeclaims") {
            let bound = claim["status"]["phase"] == "Bound";
            assert_eq!(
                bound,
                claim["spec"]["volumeName"]
                    .as_str()
                    .is_some_and(|name| volumes.contains(name))
            );
        }
        for attachment in listed(&world, "storage.k8s.io", "volumeattachments") {
            assert!(volumes.contains(text(&attachment, "/spec/source/persistentVolumeName")));
            assert!(nodes.contains(text(&attachment, "/spec/nodeName")));
        }
        let roles = names(&world, rbac, "clusterroles");
        for binding in listed(&world, rbac, "clusterrolebindings") {
            assert!(roles.contains(text(&binding, "/roleRef/name")));
        }
    }
}

#[test]
fn pods_of_jobs_are_owned_by_jobs_and_counted_by_them() {
    let world = world(0, 200);
    let mut pods: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pod in values(&world, "pods") {
        let owner = &pod["metadata"]["ownerReferences"][0];
        if owner["kind"] == "Job" {
            let phase = text(&pod, "/status/phase").to_owned();
            pods.entry(text(owner, "/uid").to_owned())
                .or_default()
                .push(phase);
        }
    }
    let jobs = listed(&world, "batch", "jobs");
    assert_eq!(jobs.len(), pods.len());
    for job in jobs {
        let phases = &pods[text(&job, "/metadata/uid")];
        let count = |phase: &str| phases.iter().filter(|found| *found == phase).count() as u64;
        let told = |member: &str| job["status"][member].as_u64().unwrap_or(0);
        assert_eq!(told("succeeded"), count("Succeeded"));
        assert_eq!(told("failed"), count("Failed"));
    }
}

#[test]
fn endpoints_and_budgets_count_the_pods_that_are_ready() {
    let world = world(1, 120);
    let healthy: BTreeMap<String, u64> = listed(&world, "policy", "poddisruptionbudgets")
        .iter()
        .map(|budget| {
            let healthy = budget["status"]["currentHealthy"].as_u64().unwrap();
            (text(budget, "/metadata/name").to_owned(), healthy)
        })
        .collect();
    let deployments = listed(&world, "apps", "deployments");
    for deployment in &deployments {
        let name = text(deployment, "/metadata/name");
        let ready = deployment["status"]["readyReplicas"].as_u64().unwrap_or(0);
        assert_eq!(healthy[name], ready, "{name}");
    }
    for endpoints in listed(&world, "", "endpoints") {
        let name = text(&endpoints, "/metadata/name");
        let addresses = endpoints
            .pointer("/subsets/0/addresses")
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        assert_eq!(addresses as u64, healthy[name], "{name}");
    }
}

#[test]
fn custom_objects_tell_what_the_pods_tell() {
    let crashing = |world: &World| -> BTreeSet<String> {
        values(world, "pods")
            .iter()
            .filter(|pod| {
                pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"]
                    == "CrashLoopBackOff"
            })
            .map(|pod| text(pod, "/metadata/labels/app.kubernetes.io~1name").to_owned())
            .collect()
    };
    for index in 0..2 {
        let world = world(index, 120);
        let applications = listed(&world, "argoproj.io", "applications");
        let with = |pointer: &str, value: &str| -> BTreeSet<String> {
            applications
                .iter()
                .filter(|application| text(application, pointer) == value)
                .map(|application| text(application, "/metadata/name").to_owned())
                .collect()
        };
        let degraded = with("/status/health/status", "Degraded");
        assert!(crashing(&world).is_subset(&degraded) && degraded.len() < applications.len());
        let drifted = with("/status/sync/status", "OutOfSync");
        assert_eq!(drifted.is_empty(), index == 0, "{drifted:?}");
        let lost = listed(&world, "submariner.io", "gateways")
            .iter()
            .any(|gateway| gateway["status"]["connections"][0]["status"] == "error");
        assert!(lost, "the tunnel to prod-us is down at both ends");
    }
    let soon = 1_795_249_000 + 7 * 86_400;
    for index in 0..3 {
        let expiring = listed(&world(index, 120), "cert-manager.io", "certificates")
            .iter()
            .filter_map(|certificate| certificate["status"]["notAfter"].as_str())
            .filter(|end| crate::clock::parse_s(end).unwrap() < soon)
            .count();
        assert_eq!(expiring, 1);
    }
}

#[test]
fn metrics_server_and_prometheus_tell_the_same() {
    let world = world(0, 120);
    let pods = listed(&world, "metrics.k8s.io", "pods");
    let containers: usize = pods
        .iter()
        .map(|pod| pod["containers"].as_array().unwrap().len())
        .sum();
    assert_eq!(containers, world.running.len());
    for container in &world.running {
        let usage = container.usage(world.seed, &world.profile.name);
        let pod = pods
            .iter()
            .find(|pod| text(pod, "/metadata/name") == container.pod)
            .unwrap();
        let told = pod["containers"]
            .as_array()
            .unwrap()
            .iter()
            .find(|told| told["name"] == container.container.as_str())
            .unwrap();
        assert_eq!(told["usage"]["cpu"], format!("{}n", usage.cpu_micro * 1000));
        assert_eq!(
            told["usage"]["memory"],
            format!("{}Ki", usage.memory_bytes / 1024)
        );
    }
    let ready = world.nodes.iter().filter(|node| node.ready).count();
    assert_eq!(listed(&world, "metrics.k8s.io", "nodes").len(), ready);
}

#[test]
fn helm_keeps_three_revisions_of_every_deployment() {
    let world = world(0, 120);
    let secrets = listed(&world, "", "secrets");
    let releases: Vec<_> = secrets
        .iter()
        .filter(|secret| secret["type"] == "helm.sh/release.v1")
        .collect();
    let deployments = listed(&world, "apps", "deployments");
    assert_eq!(releases.len(), 3 * deployments.len());
    for deployment in deployments {
        let of = |status: &str| {
            releases
                .iter()
                .filter(|release| {
                    let labels = &release["metadata"]["labels"];
                    labels["name"] == deployment["metadata"]["name"]
                        && labels["owner"] == "helm"
                        && labels["status"] == status
                })
                .count()
        };
        assert_eq!((of("deployed"), of("failed") + of("superseded")), (1, 2));
    }
}
