//! Compares rendered messages with the JSON that Go wrote of the same objects.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use super::*;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

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

fn rendered(version: &str, kind: &str, bytes: &[u8]) -> Result<Value, Fault> {
    let message = Message::of_kind(version, kind).unwrap();
    let mut text = String::new();
    object(&mut text, &message, Cursor::new(bytes, 0))?;
    Ok(serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}")))
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

#[test]
fn every_field_of_every_kind_is_as_go_writes_it() {
    let mut problems = Vec::new();
    let mut kinds = 0;
    for line in ROUNDTRIP.lines() {
        let mut line: Value = serde_json::from_str(line).unwrap();
        let body = BASE64_STANDARD
            .decode(line["protobuf"].as_str().unwrap())
            .unwrap();
        let theirs = line["json"].as_object_mut().unwrap();
        // They are beside the message, and items of lists have none.
        let (version, kind) = (
            theirs.remove("apiVersion").unwrap(),
            theirs.remove("kind").unwrap(),
        );
        let (version, kind) = (version.as_str().unwrap(), kind.as_str().unwrap());
        let ours = rendered(version, kind, opened(&body).bytes()).unwrap();
        differences(
            &ours,
            &line["json"],
            &format!("{version} {kind}"),
            &mut problems,
        );
        kinds += 1;
    }
    assert!(problems.is_empty(), "{problems:#?}");
    assert!(kinds >= 50, "{kinds}");
}
