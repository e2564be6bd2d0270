//! Compares encoded objects with what a real server encoded of the same objects, both read with k8s-pb.

use k8s_pb::api::core::v1::PodList;
use k8s_pb::apimachinery::pkg::apis::meta::v1::PartialObjectMetadataList;
use k8s_pb::apimachinery::pkg::runtime::Unknown;
use prost::Message as _;
use regex::Regex;
use serde_json::json;

use super::*;

fn recorded(name: &str) -> Vec<u8> {
    let path = format!("{}/../tests/recordings/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).unwrap()
}

/// The list in a recorded answer.
fn raw(name: &str) -> Vec<u8> {
    let body = recorded(name);
    Unknown::decode(body.strip_prefix(b"k8s\0").unwrap())
        .unwrap()
        .raw
        .unwrap()
}

/// A message as text, without what is empty or zero: a real server writes that, where Go has no pointer, and we do not.
fn without_zeros(message: &impl std::fmt::Debug) -> String {
    let empty =
        Regex::new(r#"\w+: (None|Some\((""|0|false|\w+( \{ *\})?)\)|\[\]|\{\})(, )?"#).unwrap();
    let comma = Regex::new("(, )? *}").unwrap();
    let mut text = format!("{message:?}");
    loop {
        let shorter = empty.replace_all(&text, |found: &regex::Captures<'_>| match &found[1] {
            // A scalar that is not zero stays.
            "Some(true)" => found[0].to_owned(),
            kept if kept.starts_with("Some(")
                && kept[5..].starts_with(|c: char| ('1'..='9').contains(&c)) =>
            {
                found[0].to_owned()
            }
            _ => String::new(),
        });
        let shorter = comma.replace_all(&shorter, " }").into_owned();
        if shorter == text {
            return text;
        }
        text = shorter;
    }
}

#[test]
fn zeros_are_left_out_of_the_comparison_and_nothing_else() {
    let status = k8s_pb::api::core::v1::ContainerStatus {
        name: Some(String::new()),
        ready: Some(true),
        restart_count: Some(7),
        image: Some("x".to_owned()),
        state: Some(k8s_pb::api::core::v1::ContainerState::default()),
        ..Default::default()
    };
    assert_eq!(
        without_zeros(&status),
        r#"ContainerStatus { ready: Some(true), restart_count: Some(7), image: Some("x") }"#
    );
}

/// Encodes the list of a recorded answer in JSON.
fn encoded(file: &str, list: &str) -> Vec<u8> {
    let Value::Object(mut value) = serde_json::from_slice(&recorded(file)).unwrap() else {
        panic!("{file} is no object")
    };
    value.retain(|key, _| key != "kind" && key != "apiVersion");
    for item in value["items"].as_array_mut().unwrap() {
        item.as_object_mut()
            .unwrap()
            .retain(|key, _| key != "kind" && key != "apiVersion");
    }
    object(Message::find(list).unwrap(), &value).unwrap()
}

#[test]
fn recorded_pods_are_encoded_as_the_server_does() {
    let ours = encoded("pods-page-1.json", "api.core.v1.PodList");
    let ours = PodList::decode(ours.as_slice()).unwrap();
    let theirs = PodList::decode(raw("pods-page-1-protobuf.bin").as_slice()).unwrap();
    assert_eq!(ours.items.len(), 50);
    assert_eq!(
        without_zeros(&ours.metadata),
        without_zeros(&theirs.metadata)
    );
    for (ours, theirs) in ours.items.iter().zip(&theirs.items) {
        assert_eq!(without_zeros(ours), without_zeros(theirs));
    }
}

#[test]
fn recorded_metadata_is_encoded_as_the_server_does() {
    let list = "apimachinery.pkg.apis.meta.v1.PartialObjectMetadataList";
    let ours = encoded("pods-metadata-only.json", list);
    let ours = PartialObjectMetadataList::decode(ours.as_slice()).unwrap();
    let theirs = raw("pods-metadata-only-protobuf.bin");
    let theirs = PartialObjectMetadataList::decode(theirs.as_slice()).unwrap();
    assert_eq!(without_zeros(&ours), without_zeros(&theirs));
}

#[test]
fn values_are_encoded() {
    let encode = |name: &str, value: Value| {
        let message = Message::find(&format!("api.{name}")).unwrap();
        object(message, value.as_object().unwrap())
    };
    for (name, value, expected) in [
        (
            "core.v1.ServicePort",
            json!({"targetPort": "web"}),
            vec![0x22, 9, 0x08, 1, 0x10, 0, 0x1a, 3, b'w', b'e', b'b'],
        ),
        (
            "core.v1.ServicePort",
            json!({"targetPort": 80}),
            vec![0x22, 6, 0x08, 0, 0x10, 80, 0x1a, 0],
        ),
        (
            "core.v1.ServicePort",
            json!({"port": -1}),
            [vec![0x18], vec![0xff; 9], vec![1]].concat(),
        ),
        // A member of a message that has no name in JSON.
        (
            "core.v1.EnvFromSource",
            json!({"secretRef": {"name": "s", "optional": false}}),
            vec![0x1a, 7, 0x0a, 3, 0x0a, 1, b's', 0x10, 0],
        ),
        (
            "core.v1.Secret",
            json!({"data": {"k": "/wA="}}),
            vec![0x12, 7, 0x0a, 1, b'k', 0x12, 2, 0xff, 0],
        ),
        (
            "core.v1.NodeCondition",
            json!({"lastHeartbeatTime": "1970-01-01T00:00:01Z", "type": null}),
            vec![0x1a, 4, 0x08, 1, 0x10, 0],
        ),
        (
            "coordination.v1.LeaseSpec",
            json!({"renewTime": "1970-01-01T00:00:00.000001Z"}),
            vec![0x22, 5, 0x08, 0, 0x10, 0xe8, 7],
        ),
        (
            "core.v1.ResourceRequirements",
            json!({"limits": {"cpu": "1"}}),
            vec![0x0a, 10, 0x0a, 3, b'c', b'p', b'u', 0x12, 3, 0x0a, 1, b'1'],
        ),
        ("core.v1.PodSpec", json!({"containers": []}), vec![]),
    ] {
        assert_eq!(encode(name, value).unwrap(), expected, "{name}");
    }
    for (name, value, place) in [
        (
            "core.v1.PodSpec",
            json!({"nope": 1}),
            "`nope` of api.core.v1.PodSpec has no encoding",
        ),
        (
            "core.v1.PodSpec",
            json!({"nodeName": 1}),
            "field 10, 1, of api.core.v1.PodSpec has no encoding",
        ),
        (
            "core.v1.PodSpec",
            json!({"containers": {}}),
            "field 2, {}, of api.core.v1.PodSpec has no encoding",
        ),
        (
            "core.v1.Secret",
            json!({"data": {"k": "?"}}),
            "field 2, \"?\", of api.core.v1.Secret has no encoding",
        ),
        (
            "core.v1.NodeCondition",
            json!({"lastHeartbeatTime": "soon"}),
            "field 3, \"soon\", of api.core.v1.NodeCondition has no encoding",
        ),
    ] {
        assert_eq!(encode(name, value).unwrap_err().to_string(), place);
    }
}
