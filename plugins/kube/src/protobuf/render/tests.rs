//! Compares rendered messages with the JSON that Go wrote of the same objects.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use super::*;
use base64::prelude::BASE64_STANDARD;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::super::wire::What;

/// Objects of Kubernetes' own round trip tests, with a value in every field.
const ROUNDTRIP: &str = include_str!("../../../tests/fixtures/roundtrip.jsonl");

/// An object of an answer without a list: the message behind the type.
fn opened(body: &[u8]) -> Cursor<'_> {
    let mut unknown = Cursor::new(&body[4..], 4);
    while let Some(entry) = unknown.field().unwrap() {
        if let (2, Wire::Bytes(raw)) = (entry.number, entry.value) {
            return raw;
        }
    }
    panic!("no object")
}

fn rendered(version: &str, kind: &str, bytes: &[u8]) -> Result<String, Fault> {
    let message = Message::of_kind(version, kind).unwrap();
    document(&message, Cursor::new(bytes, 0))
}

/// Where two documents differ.
fn differences(ours: &Value, theirs: &Value, place: &str, into: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            let mut names: Vec<_> = a.keys().chain(b.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let missing = json!("(missing)");
                let (a, b) = (
                    a.get(name).unwrap_or(&missing),
                    b.get(name).unwrap_or(&missing),
                );
                differences(a, b, &format!("{place}.{name}"), into);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                differences(a, b, &format!("{place}[{index}]"), into);
            }
        }
        _ if ours == theirs => {}
        _ => into.push(format!("{place}: ours {ours}, Go's {theirs}")),
    }
}

/// A line of the file.
#[derive(serde::Deserialize)]
struct RoundTrip<'a> {
    protobuf: &'a str,
    #[serde(borrow)]
    json: &'a RawValue,
}

#[test]
fn every_field_of_every_kind_is_as_go_writes_it() {
    let mut problems = Vec::new();
    let mut kinds = 0;
    for line in ROUNDTRIP.lines() {
        let line: RoundTrip<'_> = serde_json::from_str(line).unwrap();
        let body = BASE64_STANDARD.decode(line.protobuf).unwrap();
        let theirs: Value = serde_json::from_str(line.json.get()).unwrap();
        let (version, kind) = (&theirs["apiVersion"], &theirs["kind"]);
        let ours = rendered(
            version.as_str().unwrap(),
            kind.as_str().unwrap(),
            opened(&body).bytes(),
        )
        .unwrap();
        // They are beside the message, and items of lists have none. Go's own test does not convert, as a server does.
        let beside = format!("\"kind\":{kind},\"apiVersion\":{version},");
        let ours = ours.replace(r#""kind":"PersistentVolumeClaim","apiVersion":"v1","#, "");
        if ours != line.json.get().replacen(&beside, "", 1) {
            let mut theirs = theirs.clone();
            theirs
                .as_object_mut()
                .unwrap()
                .retain(|name, _| name != "kind" && name != "apiVersion");
            let parsed = serde_json::from_str(&ours).unwrap_or_else(|e| panic!("{e}: {ours}"));
            let place = format!("{version} {kind}");
            differences(&parsed, &theirs, &place, &mut problems);
            problems.push(format!("{place}: the texts differ\n{ours}\n{}", line.json));
        }
        kinds += 1;
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(kinds >= 50, "{kinds}");
}

/// A field of a message: its key and its value, a text or a message of fewer than 128 bytes.
fn bytes(number: u8, value: &[u8]) -> Vec<u8> {
    let mut all = vec![number << 3 | 2, u8::try_from(value.len()).unwrap()];
    all.extend_from_slice(value);
    all
}

#[test]
fn zeros_are_written_where_go_writes_them() {
    for (kind, message, expected) in [
        // A text that is empty is left out; one without `omitempty` never is, whether it came or not.
        (
            "Namespace",
            bytes(1, &[bytes(1, b""), bytes(8, b"")].concat()),
            r#"{"metadata":{},"spec":{},"status":{}}"#,
        ),
        ("ObjectReference", bytes(3, b""), "{}"),
        ("EventSource", bytes(2, b"h"), r#"{"host":"h"}"#),
        ("KeyToPath", bytes(1, b"k"), r#"{"key":"k","path":""}"#),
        // A pointer to a zero is a value.
        ("PodOS", vec![], r#"{"name":""}"#),
        (
            "ServiceAccount",
            vec![0x20, 0],
            r#"{"metadata":{},"automountServiceAccountToken":false}"#,
        ),
        ("ScopeSelector", vec![], "{}"),
        // Go has no list where there are no items: null, or nothing with `omitempty`.
        ("NodeSelector", vec![], r#"{"nodeSelectorTerms":null}"#),
        ("Endpoints", vec![], r#"{"metadata":{}}"#),
        // A time that is not set is null, unless `omitzero` leaves it out.
        (
            "NodeCondition",
            [bytes(1, b"Ready"), bytes(4, b"")].concat(),
            r#"{"type":"Ready","status":"","lastHeartbeatTime":null,"lastTransitionTime":null}"#,
        ),
        // An int-or-string and the fields of a handler, whose message has no name.
        (
            "Probe",
            bytes(1, &bytes(3, &bytes(1, &[0x08, 1, 0x10, 0, 0x1a, 1, b'p']))),
            r#"{"tcpSocket":{"port":"p"}}"#,
        ),
        (
            "ServicePort",
            vec![0x18, 80],
            r#"{"port":80,"targetPort":0}"#,
        ),
        // Bytes, a map of them, and a key's escapes.
        (
            "Secret",
            bytes(2, &[bytes(1, b"a\"b"), bytes(2, &[0xff, 0])].concat()),
            r#"{"metadata":{},"data":{"a\"b":"/wA="}}"#,
        ),
        (
            "Secret",
            bytes(2, &bytes(1, b"k")),
            r#"{"metadata":{},"data":{"k":""}}"#,
        ),
        // The claims in a StatefulSet are objects, but protobuf does not say so.
        (
            "apps/v1 StatefulSetSpec",
            bytes(4, &bytes(1, &bytes(1, b"data"))),
            r#"{"selector":null,"template":{"metadata":{},"spec":{"containers":null}},"volumeClaimTemplates":[{"kind":"PersistentVolumeClaim","apiVersion":"v1","metadata":{"name":"data"},"spec":{"resources":{}},"status":{}}],"serviceName":"","updateStrategy":{}}"#,
        ),
        // What a newer server has is not for these tables.
        (
            "EventSource",
            [bytes(15, b"new"), bytes(1, b"c")].concat(),
            r#"{"component":"c"}"#,
        ),
    ] {
        let (version, kind) = kind.split_once(' ').unwrap_or(("v1", kind));
        assert_eq!(
            rendered(version, kind, &message).unwrap(),
            expected,
            "{kind}"
        );
    }
}

#[test]
fn json_orders_fields_as_go_does() {
    let message = [bytes(1, b"Pod"), bytes(5, b"v1")].concat();
    let text = rendered("v1", "ObjectReference", &message).unwrap();
    assert_eq!(text, r#"{"kind":"Pod","apiVersion":"v1"}"#);
    let owner = [
        bytes(1, b"Job"),
        bytes(3, b"x"),
        bytes(4, b"u"),
        bytes(5, b"batch/v1"),
    ]
    .concat();
    assert_eq!(
        rendered("meta.k8s.io/v1", "OwnerReference", &owner).unwrap(),
        r#"{"apiVersion":"batch/v1","kind":"Job","name":"x","uid":"u"}"#
    );
}

#[test]
fn other_messages_than_the_tables_are_refused_with_their_place() {
    for (kind, message, at, what) in [
        ("Namespace", vec![0x08, 1], 0, What::Unexpected("metadata")),
        (
            "Namespace",
            bytes(1, &[0x08, 1]),
            2,
            What::Unexpected("name"),
        ),
        ("Namespace", bytes(1, &bytes(3, &[0xff])), 4, What::NotUtf8),
        (
            "Namespace",
            bytes(1, &bytes(11, &[0x0a, 9])),
            6,
            What::Truncated,
        ),
        (
            "Namespace",
            bytes(1, &bytes(11, &[0x08, 9])),
            4,
            What::Unexpected("labels"),
        ),
        (
            "Namespace",
            [bytes(1, b""), bytes(2, b""), bytes(1, b"")].concat(),
            4,
            What::Repeated("metadata"),
        ),
        (
            "Container",
            [bytes(3, b"a"), bytes(4, b"b"), bytes(3, b"c")].concat(),
            6,
            What::Repeated("command"),
        ),
        (
            "ServiceAccount",
            bytes(4, b"x"),
            0,
            What::Unexpected("automountServiceAccountToken"),
        ),
    ] {
        let fault = rendered("v1", kind, &message).unwrap_err();
        assert_eq!(fault, Fault { at, what }, "{kind} {message:?}");
    }
    // FieldsV1 and RawExtension carry JSON, or the whole document would be none.
    let entry = bytes(7, &bytes(1, b"{"));
    let fault = rendered("meta.k8s.io/v1", "ManagedFieldsEntry", &entry).unwrap_err();
    assert_eq!(fault.what, What::Unexpected("fieldsV1"));
}
