//! What holds for a whole generated cluster: it is the same again, refers to what exists, decodes into the
//! official types, and has the shape of the recorded objects.

mod kinds;
mod story;

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::{ConfigMap, Event, Namespace, Node, Pod, Secret, Service};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::*;

fn world(index: usize, pods: usize) -> World {
    World::generate(
        7,
        &ClusterProfile::nth(index),
        pods,
        Clock::at(1_795_249_000),
    )
}

fn values(world: &World, plural: &str) -> Vec<Value> {
    let collection = world.collection(group_of(plural), plural).unwrap();
    collection
        .objects()
        .iter()
        .map(|object| serde_json::from_slice(&collection.item(object)).unwrap())
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_others() {
    let (first, second) = (world(0, 60), world(0, 60));
    let other = World::generate(8, &ClusterProfile::nth(0), 60, Clock::at(1_795_249_000));
    for (group, plural) in first.collections.keys() {
        let bytes = |world: &World| {
            let collection = world.collection(group, plural).unwrap();
            collection.items(0..collection.objects().len())
        };
        assert_eq!(bytes(&first), bytes(&second), "{plural}");
    }
    assert_ne!(
        first.collection("", "pods").unwrap().objects()[0].name,
        other.collection("", "pods").unwrap().objects()[0].name
    );
}

fn decode<T: DeserializeOwned>(world: &World, plural: &str) -> Vec<T> {
    let values = values(world, plural);
    assert!(!values.is_empty(), "{plural}");
    values
        .into_iter()
        .map(|value| serde_json::from_value(value).unwrap())
        .collect()
}

#[test]
fn every_object_decodes_into_its_official_type() {
    let world = world(1, 120);
    decode::<Namespace>(&world, "namespaces");
    decode::<Service>(&world, "services");
    decode::<ConfigMap>(&world, "configmaps");
    decode::<Secret>(&world, "secrets");
    decode::<ReplicaSet>(&world, "replicasets");
    decode::<Deployment>(&world, "deployments");
    decode::<Event>(&world, "events");
    assert_eq!(decode::<Pod>(&world, "pods").len(), 120);
    let nodes = decode::<Node>(&world, "nodes");
    let ready = |node: &Node| {
        let conditions = node
            .status
            .as_ref()
            .and_then(|status| status.conditions.clone())
            .unwrap_or_default();
        conditions
            .iter()
            .any(|condition| condition.type_ == "Ready" && condition.status == "True")
    };
    assert_eq!(
        nodes.iter().filter(|node| !ready(node)).count(),
        1,
        "prod-us has one node that is not ready"
    );
}

#[test]
fn pods_refer_to_owners_nodes_and_namespaces_that_exist() {
    let world = world(2, 120);
    let uids: BTreeMap<String, String> = values(&world, "replicasets")
        .iter()
        .map(|value| {
            (
                value["metadata"]["uid"].as_str().unwrap().into(),
                value["metadata"]["name"].as_str().unwrap().into(),
            )
        })
        .collect();
    let names = |plural: &str| -> BTreeSet<String> {
        world
            .collection(group_of(plural), plural)
            .unwrap()
            .objects()
            .iter()
            .map(|object| object.name.clone())
            .collect()
    };
    let (nodes, namespaces) = (names("nodes"), names("namespaces"));
    for pod in values(&world, "pods") {
        let owner = &pod["metadata"]["ownerReferences"][0];
        if owner["kind"] == "ReplicaSet" {
            assert_eq!(
                uids.get(owner["uid"].as_str().unwrap()).unwrap(),
                owner["name"].as_str().unwrap()
            );
        }
        assert!(namespaces.contains(pod["metadata"]["namespace"].as_str().unwrap()));
        if let Some(node) = pod["spec"]["nodeName"].as_str() {
            assert!(nodes.contains(node));
        }
    }
}

#[test]
fn metrics_know_exactly_the_running_pods() {
    let world = world(0, 200);
    let running: BTreeSet<String> = values(&world, "pods")
        .iter()
        .filter(|pod| pod["status"]["phase"] == "Running")
        .map(|pod| pod["metadata"]["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        world
            .running
            .iter()
            .map(|container| container.pod.clone())
            .collect::<BTreeSet<_>>(),
        running
    );
}

#[test]
fn a_cluster_without_pods_is_still_a_cluster() {
    let world = world(0, 0);
    assert!(world.collection("", "pods").unwrap().objects().is_empty());
    assert!(world.plan.nodes.len() >= 4 && world.running.is_empty());
}

/// The paths of all members of a value, list items merged; what `fieldsV1` holds is not compared.
fn paths(value: &Value, at: &str, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let last = at.rsplit('.').next().unwrap_or_default();
                let free = [
                    "labels",
                    "annotations",
                    "fieldsV1",
                    "matchLabels",
                    "selector",
                    "data",
                ]
                .contains(&last);
                let path = if free {
                    format!("{at}.*")
                } else {
                    format!("{at}.{name}")
                };
                into.insert(path.clone());
                if !path.ends_with("fieldsV1") {
                    paths(member, &path, into);
                }
            }
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| paths(item, &format!("{at}[]"), into)),
        _ => {}
    }
}

#[test]
fn objects_have_the_members_of_the_recorded_ones() {
    let world = world(1, 400);
    for (plural, recordings, not_recorded) in [
        (
            "pods",
            &["pods-page-1.json", "pods-page-2.json"][..],
            &[".spec.containers[].livenessProbe"][..],
        ),
        (
            "nodes",
            &["nodes.json"],
            &[".metadata.annotations", ".spec.unschedulable"],
        ),
        ("namespaces", &["namespaces.json"], &[]),
        (
            "deployments",
            &["deployments.json"],
            &[
                ".status.unavailableReplicas",
                ".spec.template.spec.containers[].livenessProbe",
            ],
        ),
        (
            "replicasets",
            &["replicasets.json"],
            &[
                ".status.availableReplicas",
                ".spec.template.spec.containers[].livenessProbe",
            ],
        ),
        ("services", &["services.json"], &[]),
        ("configmaps", &["configmaps.json"], &[]),
        ("events", &["events.json"], &[]),
    ] {
        let mut recorded = BTreeSet::new();
        for name in recordings {
            let path = format!("{}/../tests/recordings/{name}", env!("CARGO_MANIFEST_DIR"));
            let list: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
            list["items"]
                .as_array()
                .unwrap()
                .iter()
                .for_each(|item| paths(item, "", &mut recorded));
        }
        let mut ours = BTreeSet::new();
        values(&world, plural)
            .iter()
            .for_each(|value| paths(value, "", &mut ours));
        let invented: Vec<_> = ours
            .difference(&recorded)
            .filter(|path| !not_recorded.iter().any(|allowed| path.starts_with(allowed)))
            .collect();
        assert!(
            invented.is_empty(),
            "{plural}: members no recorded object has: {invented:?}"
        );
        let mandatory: Vec<_> = recorded
            .difference(&ours)
            .filter(|path| path.matches('.').count() == 1)
            .collect();
        assert!(
            mandatory.is_empty(),
            "{plural}: recorded members that are missing: {mandatory:?}"
        );
    }
}

#[test]
fn a_pod_is_about_as_large_as_a_recorded_one() {
    let world = world(0, 200);
    let pods = world.collection("", "pods").unwrap();
    let sizes: Vec<usize> = pods
        .objects()
        .iter()
        .map(|pod| pods.item(pod).len())
        .collect();
    let mean = sizes.iter().sum::<usize>() / sizes.len();
    assert!(
        (6_500..=10_500).contains(&mean),
        "mean size of a pod is {mean} bytes"
    );
}

/// The events of type Warning: reason, and seconds since they were last seen.
fn warnings(world: &World) -> Vec<(String, i64)> {
    let now = time::OffsetDateTime::from_unix_timestamp(1_795_249_000).unwrap();
    let rfc3339 = &time::format_description::well_known::Rfc3339;
    values(world, "events")
        .iter()
        .filter(|event| event["type"] == "Warning")
        .map(|event| {
            let last = event["lastTimestamp"].as_str().unwrap();
            let last = time::OffsetDateTime::parse(last, rfc3339).unwrap();
            let reason = event["reason"].as_str().unwrap().to_owned();
            (reason, (now - last).whole_seconds())
        })
        .collect()
}

#[test]
fn warnings_of_several_reasons_are_spread_over_the_hour() {
    for index in 0..3 {
        let warnings = warnings(&world(index, 120));
        assert!(warnings.iter().all(|(_, ago_s)| (0..3600).contains(ago_s)));
        let reasons: BTreeSet<_> = warnings.iter().map(|(reason, _)| reason).collect();
        assert!(reasons.len() >= 5, "{reasons:?}");
        let bins: BTreeSet<_> = warnings.iter().map(|(_, ago_s)| ago_s / 300).collect();
        assert!(
            bins.len() >= 6,
            "bins of five minutes with a warning: {bins:?}"
        );
    }
}

#[test]
fn crash_loops_are_told_by_the_container_and_by_an_event() {
    for index in 0..2 {
        let world = world(index, 120);
        let pods = values(&world, "pods");
        let looping: BTreeSet<&str> = pods
            .iter()
            .filter(|pod| {
                let statuses = pod["status"]["containerStatuses"].as_array();
                statuses.into_iter().flatten().any(|status| {
                    status["state"]["waiting"]["reason"] == "CrashLoopBackOff"
                        && status["restartCount"].as_i64().unwrap() > 0
                })
            })
            .map(|pod| pod["metadata"]["name"].as_str().unwrap())
            .collect();
        assert!(!looping.is_empty());
        let events = values(&world, "events");
        let warned: BTreeSet<&str> = events
            .iter()
            .filter(|event| event["reason"] == "BackOff" && event["type"] == "Warning")
            .map(|event| event["involvedObject"]["name"].as_str().unwrap())
            .collect();
        assert_eq!(warned, looping);
    }
}

#[test]
fn every_container_asks_for_quantities_and_every_pod_of_a_deployment_says_its_hash() {
    for pod in values(&world(0, 120), "pods") {
        for container in pod["spec"]["containers"].as_array().unwrap() {
            let resources = &container["resources"];
            assert!(
                resources["requests"]["cpu"]
                    .as_str()
                    .unwrap()
                    .ends_with('m')
            );
            assert!(
                resources["limits"]["memory"]
                    .as_str()
                    .unwrap()
                    .ends_with("Mi")
            );
        }
        let owner = &pod["metadata"]["ownerReferences"][0];
        assert_eq!(owner["controller"], true);
        let hash = pod["metadata"]["labels"]["pod-template-hash"].as_str();
        let of_deployment = owner["kind"] == "ReplicaSet";
        assert_eq!(hash.is_some(), of_deployment);
        let suffix = hash.map_or_else(String::new, |hash| format!("-{hash}"));
        assert!(owner["name"].as_str().unwrap().ends_with(&suffix));
    }
}

#[test]
fn nodes_name_their_machine_as_the_cloud_does() {
    let provider_id =
        regex::Regex::new("^aws:///([a-z]+-[a-z]+-[0-9][a-c])/i-0[0-9a-f]{16}$").unwrap();
    for node in values(&world(1, 120), "nodes") {
        let text = node["spec"]["providerID"].as_str().unwrap();
        let zone = provider_id
            .captures(text)
            .unwrap_or_else(|| panic!("{text}"));
        assert_eq!(
            zone[1],
            node["metadata"]["labels"]["topology.kubernetes.io/zone"]
                .as_str()
                .unwrap()[..]
        );
    }
}
