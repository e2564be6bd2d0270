//! What kinds say of each other: references lead to what exists, counts agree, and trouble shows wherever it should.

use super::kinds::listed;
use super::*;

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
            (
                ("apps", "statefulsets"),
                "/spec/serviceName",
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
        assert!(!drifted.is_empty() && drifted.len() < applications.len());
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
    let ready = world.plan.nodes.iter().filter(|node| node.ready).count();
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
