//! Owns whole scans of recorded protobuf: the same rows as from JSON, the next page under way meanwhile, refusals, what is asked
//! for. Refuses the encoding's own details, which `src/protobuf` tests.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed helper is a failed test"
)]

mod common;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use common::{Ran, bytes, own_columns, path, request, run, run_with};
use serde_json::Value;
use trawl_demo::{Fleet, FleetOptions};
use trawl_sdk::schema::Type;
use trawl_sdk::testing::{Answer, Recorded, request_line};
use trawl_sdk::types::{Column, ErrorCode, Request, ScanRequest};

const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

/// A recorded page in protobuf.
fn protobuf(file: &str) -> Answer {
    Answer::new(200, PROTOBUF, bytes(file))
}

/// The last page of a list: empty.
fn last() -> Answer {
    let body = b"k8s\0\x0a\x0d\x0a\x02v1\x12\x07PodList\x12\x02\x0a\x00";
    Answer::new(200, PROTOBUF, body.to_vec())
}

fn accepted(request: &Request) -> String {
    let header = |(name, _): &&(String, String)| name == "accept";
    request.headers.iter().find(header).unwrap().1.clone()
}

/// Runs over a page in both encodings, and gives the rows of both.
fn both(columns: &[Column], json: &str, in_protobuf: &str) -> (Vec<Value>, Vec<Value>) {
    let request = request("pods", columns.to_vec());
    let empty = Answer::json(r#"{"metadata":{},"items":[]}"#);
    let theirs = run(
        &request,
        Recorded::in_order([Answer::json(bytes(json)), empty]),
    );
    let ours = run(
        &request,
        Recorded::in_order([protobuf(in_protobuf), last()]),
    );
    theirs.result.unwrap();
    ours.result.unwrap();
    assert_eq!(
        theirs.requests, ours.requests,
        "the same next page is asked for"
    );
    (theirs.rows, ours.rows)
}

#[test]
fn every_column_of_recorded_pods_is_the_same() {
    let columns = own_columns("pods");
    let (theirs, ours) = both(&columns, "pods-page-1.json", "pods-page-1-protobuf.bin");
    assert_eq!(ours.len(), 50);
    for (ours, theirs) in ours.iter().zip(&theirs) {
        for column in &columns {
            let name = column.name.as_str();
            assert_eq!(ours[name], theirs[name], "{name} of {}", theirs["name"]);
        }
    }
}

#[test]
fn metadata_is_the_same() {
    let names = [
        "name",
        "namespace",
        "labels",
        "annotations",
        "created",
        "owner_references",
        "workload",
    ];
    let mut columns = own_columns("pods");
    columns.retain(|column| names.contains(&column.name.as_str()));
    assert_eq!(columns.len(), names.len());
    let (theirs, ours) = both(
        &columns,
        "pods-metadata-only.json",
        "pods-metadata-only-protobuf.bin",
    );
    assert_eq!(ours, theirs);
}

#[test]
fn the_next_page_is_under_way_while_one_is_decoded() {
    let ran = run(
        &common::names(),
        Recorded::in_order([protobuf("pods-page-1-protobuf.bin"), last()]),
    );
    ran.result.unwrap();
    assert_eq!(ran.rows.len(), 50);
    let started = |event: &&String| event.starts_with("start");
    let starts: Vec<_> = ran.events.iter().filter(started).collect();
    assert_eq!(starts.len(), 2, "{:?}", ran.events);
    assert!(ran.requests[1].contains("continue="), "{:?}", ran.requests);
}

#[test]
fn a_limit_ends_within_a_page() {
    let limited = trawl_sdk::types::ScanRequest {
        limit: Some(3),
        ..common::names()
    };
    let ran = run(
        &limited,
        Recorded::in_order([protobuf("pods-page-1-protobuf.bin")]),
    );
    ran.result.unwrap();
    assert_eq!((ran.rows.len(), ran.requests.len()), (3, 1));
}

fn asked(table: &str, columns: Vec<Column>) -> String {
    let accept = Rc::new(RefCell::new(String::new()));
    let seen = accept.clone();
    let http = Recorded::by(move |request| {
        *seen.borrow_mut() = accepted(request);
        Answer::json(r#"{"metadata":{},"items":[]}"#)
    });
    run(&request(table, columns), http).result.unwrap();
    accept.take()
}

#[test]
fn protobuf_is_asked_for_where_it_pays() {
    let text = |name: &str| path(name, Type::Utf8);
    let document = |name: &str| path(name, Type::Json);
    let metadata = format!(
        "{PROTOBUF};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
    );
    let whole = format!("{PROTOBUF},application/json");
    for (table, columns, expected) in [
        ("pods", vec![text("name"), text("node")], whole.as_str()),
        ("pods", vec![document("spec")], "application/json"),
        ("pods", vec![text("state"), text("ready")], &whole),
        ("pods", vec![text("name")], &metadata),
        ("deployments", vec![text("ready")], &whole),
        ("customresourcedefinitions", vec![text("name")], &metadata),
        (
            "customresourcedefinitions",
            vec![document("spec")],
            "application/json",
        ),
    ] {
        assert_eq!(asked(table, columns), expected, "{table}");
    }
}

fn failed(answer: Answer) -> Ran {
    let ran = run(&common::names(), Recorded::in_order([answer]));
    assert!(ran.result.is_err());
    ran
}

#[test]
fn what_is_broken_says_where() {
    let mut cut = bytes("pods-page-1-protobuf.bin");
    cut.truncate(cut.len() / 2);
    let not_ours = b"k8s\0\x0a\x0e\x0a\x02v9\x12\x08NodeList\x12\x02\x0a\x00";
    for (body, expected) in [
        (
            cut,
            "the first page: the answer is no protobuf of Kubernetes: expected more bytes",
        ),
        (
            b"{}".to_vec(),
            "the first page: expected an answer of application/vnd.kubernetes.protobuf",
        ),
        (not_ours.to_vec(), "got `Node` of `v9`"),
        (
            bytes("error-406-crd-protobuf.bin"),
            "got kind `Status` of `v1`",
        ),
    ] {
        let error = failed(Answer::new(200, PROTOBUF, body)).result.unwrap_err();
        assert_eq!(error.code, ErrorCode::Protocol);
        assert!(error.message.contains(expected), "{}", error.message);
    }
    let refused = Answer::new(406, PROTOBUF, bytes("error-406-crd-protobuf.bin"));
    let error = failed(refused).result.unwrap_err();
    assert!(error.message.contains("media types"), "{}", error.message);
}

/// Answers of a cluster of the demo, all in JSON or all in protobuf.
fn cluster(fleet: &Rc<Fleet>, cluster: &str, json: bool) -> Rc<Recorded> {
    let (fleet, cluster) = (fleet.clone(), cluster.to_owned());
    Recorded::by(move |request| {
        // Either never protobuf, or always where there is some, whatever was asked for.
        let accept = accepted(request);
        let clauses = accept
            .split(',')
            .filter(|clause| !clause.starts_with(PROTOBUF));
        let rest = clauses.collect::<Vec<_>>().join(",");
        let first = rest.replacen("application/json", PROTOBUF, 1);
        let accept = if json {
            rest
        } else {
            format!("{first},{rest}")
        };
        let line = request_line(request);
        let target = line.strip_prefix("GET ").unwrap();
        match fleet.answer(&cluster, target, &accept) {
            Some((kind, body)) => {
                assert!(!(json && kind.starts_with(PROTOBUF)));
                Answer::new(200, &kind, body)
            }
            None => panic!("{target} was refused"),
        }
    })
}

/// Rows of a cluster of the demo.
fn rows(fleet: &Rc<Fleet>, name: &str, request: &ScanRequest, json: bool) -> Vec<Value> {
    let ran = run_with(r#"{"page_size":100}"#, request, cluster(fleet, name, json));
    ran.result.unwrap();
    ran.rows
}

/// Where two values differ, each place once.
fn differences(ours: &Value, theirs: &Value, place: &str, into: &mut BTreeSet<String>) {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            let only_b = b.keys().filter(|name| !a.contains_key(*name));
            for name in a.keys().chain(only_b) {
                match (a.get(name), b.get(name)) {
                    (Some(a), Some(b)) => differences(a, b, &format!("{place}.{name}"), into),
                    (a, b) => drop(into.insert(format!("{place}.{name}: {a:?} {b:?}"))),
                }
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (a, b) in a.iter().zip(b) {
                differences(a, b, &format!("{place}[]"), into);
            }
        }
        _ if ours == theirs => {}
        _ => drop(into.insert(format!("{place}: ours {ours}, JSON's {theirs}"))),
    }
}

#[tokio::test]
async fn every_column_of_every_kind_is_the_same_in_both_encodings() {
    let options = FleetOptions {
        clusters: 1,
        ..FleetOptions::default()
    };
    let fleet = Rc::new(Fleet::start(options).await.unwrap());
    let name = fleet.clusters().next().unwrap().name.clone();
    let (mut compared, mut encoded, mut problems) = (0, 0, BTreeSet::new());
    for table in common::kinds() {
        let columns = own_columns(&table);
        {
            let request = request(&table, columns.clone());
            let ours = rows(&fleet, &name, &request, false);
            let theirs = rows(&fleet, &name, &request, true);
            assert_eq!(ours.len(), theirs.len(), "{table}");
            for (ours, theirs) in ours.iter().zip(&theirs) {
                differences(ours, theirs, &table, &mut problems);
            }
            compared += ours.len();
        }
        let accept = asked(&table, vec![columns[columns.len() - 1].clone()]);
        encoded += usize::from(accept.starts_with(PROTOBUF));
    }
    assert!(problems.is_empty(), "{problems:#?}");
    assert!(compared > 500 && encoded > 0, "{compared} {encoded}");
    Rc::into_inner(fleet).unwrap().shutdown().await;
}
