//! Owns the releases of Helm: what is asked for them, which revisions come, and what never does. Refuses the formats of a payload,
//! which have unit tests.
//!
//! No cluster with Helm was recorded: the Secrets are made here as helm.sh/helm/v3/pkg/storage/driver/secrets.go stores them, and a
//! small server selects among them as the API does.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed helper is a failed test"
)]

mod common;

use std::io::Write;
use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::filters::{and, eq, within};
use common::{Ran, bytes, own_columns, request, run, run_with};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use trawl_plugin_kube::Kube;
use trawl_sdk::testing::{Answer, Recorded};
use trawl_sdk::types::{CompareOp, ErrorCode, Gap, Literal, Pushed, Request, ScanRequest};
use trawl_sdk::{Error, Source};

const TABLE: &str = "helm_releases";

/// What must never come out.
const SECRET: &str = "hunter2";

fn payload(name: &str, revision: i64) -> String {
    let release = json!({
        "name": name,
        "info": {
            "first_deployed": "2026-11-01T08:00:00.5+01:00",
            "last_deployed": format!("2026-11-{:02}T08:00:00Z", revision + 1),
            "deleted": "",
            "description": format!("Upgrade {revision}"),
            "status": "deployed",
            "notes": SECRET,
        },
        "chart": {
            "metadata": {"name": format!("{name}-chart"), "version": format!("1.0.{revision}"), "apiVersion": "v2", "appVersion": "7"},
            "templates": [{"name": "x", "data": SECRET}],
            "values": {"password": SECRET},
        },
        "config": {"password": SECRET},
        "manifest": SECRET,
        "version": revision,
    });
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(release.to_string().as_bytes()).unwrap();
    STANDARD.encode(STANDARD.encode(gzip.finish().unwrap()))
}

fn secret(namespace: &str, name: &str, revision: i64, status: &str) -> Value {
    json!({
        "metadata": {
            "name": format!("sh.helm.release.v1.{name}.v{revision}"),
            "namespace": namespace,
            "labels": {"name": name, "owner": "helm", "status": status, "version": revision.to_string(), "modifiedAt": "1"},
        },
        "data": {"release": payload(name, revision)},
        "type": "helm.sh/release.v1",
    })
}

/// Two releases of one name, one with a failed upgrade, one with ten revisions and an old one that is gone.
fn secrets() -> Vec<Value> {
    let mut all = vec![
        secret("a", "db", 1, "superseded"),
        secret("a", "db", 2, "deployed"),
        secret("a", "db", 3, "failed"),
        secret("b", "db", 1, "deployed"),
        secret("b", "old", 4, "uninstalled"),
    ];
    all.extend((1..10).map(|revision| secret("b", "web", revision, "superseded")));
    all.push(secret("b", "web", 10, "deployed"));
    all
}

fn query<'r>(request: &'r Request, key: &str) -> &'r str {
    let found = request.query.iter().find(|(name, _)| name == key);
    found.map_or("", |(_, value)| value)
}

/// Whether a Secret passes `k=v` and `k in (v,w)`, the terms that are sent.
fn selected(secret: &Value, selector: &str) -> bool {
    let label = |key: &str| secret["metadata"]["labels"][key].as_str().unwrap_or("");
    let mut rest = selector;
    while !rest.is_empty() {
        let (key, tail) = rest.split_once(['=', ' ']).unwrap();
        let (pass, tail) = match tail.strip_prefix("in (") {
            Some(set) => {
                let (set, tail) = set.split_once(')').unwrap();
                (set.split(',').any(|value| value == label(key)), tail)
            }
            None => {
                let end = tail.find(',').unwrap_or(tail.len());
                (label(key) == &tail[..end], &tail[end..])
            }
        };
        if !pass {
            return false;
        }
        rest = tail.strip_prefix(',').unwrap_or("");
    }
    true
}

/// The API with these Secrets.
fn api(all: Vec<Value>) -> Rc<Recorded> {
    Recorded::by(move |request| {
        assert_eq!(query(request, "fieldSelector"), "type=helm.sh/release.v1");
        let namespace = match request.path.as_slice() {
            [_, _, of, namespace, last] if of == "namespaces" && last == "secrets" => namespace,
            _ => "",
        };
        let found: Vec<&Value> = all
            .iter()
            .filter(|one| namespace.is_empty() || one["metadata"]["namespace"] == namespace)
            .filter(|one| selected(one, query(request, "labelSelector")))
            .collect();
        let begin: usize = query(request, "continue").parse().unwrap_or(0);
        let size: usize = query(request, "limit").parse().unwrap();
        let token = match found.len() > begin + size {
            true => (begin + size).to_string(),
            false => String::new(),
        };
        let metadata_only = request
            .headers
            .iter()
            .any(|(_, v)| v.contains("PartialObjectMetadata"));
        let items: Vec<Value> = found
            .into_iter()
            .skip(begin)
            .take(size)
            .map(|one| match metadata_only {
                true => json!({"metadata": one["metadata"]}),
                false => one.clone(),
            })
            .collect();
        Answer::json(json!({"metadata": {"continue": token}, "items": items}).to_string())
    })
}

fn of(columns: &[&str]) -> ScanRequest {
    let all = own_columns(TABLE).into_iter();
    request(
        TABLE,
        all.filter(|column| columns.contains(&column.name.as_str()))
            .collect(),
    )
}

fn latest(request: ScanRequest, value: bool) -> ScanRequest {
    and(request, "latest", CompareOp::Eq, Literal::Boolean(value))
}

/// `namespace/name revision` of each row.
fn revisions(ran: &Ran) -> Vec<String> {
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    ran.rows
        .iter()
        .map(|row| {
            format!(
                "{}/{} {}",
                text(row, "namespace"),
                text(row, "name"),
                row["revision"]
            )
        })
        .collect()
}

const KEY: [&str; 3] = ["namespace", "name", "revision"];

const ALL: &str =
    "GET /api/v1/secrets?limit=500&labelSelector=owner=helm&fieldSelector=type=helm.sh/release.v1";

#[test]
fn every_column_of_a_release() {
    let wanted = request(TABLE, own_columns(TABLE));
    let ran = run(&wanted, api(vec![secret("a", "db", 3, "deployed")]));
    ran.result.unwrap();
    assert_eq!(
        ran.rows,
        [json!({
            "namespace": "a",
            "name": "db",
            "revision": 3,
            "status": "deployed",
            "chart": "db-chart",
            "chart_version": "1.0.3",
            "app_version": "7",
            "updated": 1_793_779_200_000_000_000_i64,
            "first_deployed": 1_793_516_400_500_000_000_i64,
            "description": "Upgrade 3",
            "latest": true,
            "labels": {"name": "db", "owner": "helm", "status": "deployed", "version": "3", "modifiedAt": "1"},
        })]
    );
    assert!(ran.reports.is_empty());
    assert!(!format!("{:?}", ran.rows).contains(SECRET));
}

#[test]
fn payloads_are_left_where_no_column_needs_them() {
    let ran = run(
        &of(&["namespace", "name", "revision", "status"]),
        api(secrets()),
    );
    ran.result.as_ref().unwrap();
    assert_eq!(ran.rows.len(), 15);
    assert_eq!(ran.requests, [ALL]);
    assert!(
        ran.plan.explain.ends_with("metadata only"),
        "{}",
        ran.plan.explain
    );
}

#[test]
fn payloads_come_in_small_pages() {
    let all: Vec<Value> = (1..=45)
        .map(|n| secret("a", "db", n, "superseded"))
        .collect();
    let ran = run(&of(&["chart"]), api(all));
    ran.result.unwrap();
    assert_eq!(ran.rows.len(), 45);
    assert_eq!(ran.requests.len(), 3);
    assert!(
        ran.requests[0].contains("?limit=20&"),
        "{}",
        ran.requests[0]
    );
}

#[test]
fn the_latest_revisions_are_found_in_metadata_and_few_others_are_read() {
    let wanted = latest(
        of(&["namespace", "name", "revision", "chart_version"]),
        true,
    );
    let ran = run(&wanted, api(secrets()));
    ran.result.as_ref().unwrap();
    assert_eq!(revisions(&ran), ["a/db 3", "b/db 1", "b/old 4", "b/web 10"]);
    assert_eq!(ran.rows[3]["chart_version"], "1.0.10");
    assert_eq!(ran.plan.filters, [Pushed::Exact]);
    assert_eq!(
        ran.requests,
        [
            ALL.to_owned(),
            "GET /api/v1/secrets?limit=20&labelSelector=owner=helm,status in (deployed,failed,uninstalled)&fieldSelector=type=helm.sh/release.v1".to_owned()
        ]
    );
    assert!(ran.plan.explain.contains("to know the latest"));
}

#[test]
fn the_others_and_both() {
    let ran = run(&latest(of(&KEY), false), api(secrets()));
    assert_eq!(ran.rows.len(), 11);
    assert!(revisions(&ran).contains(&"a/db 2".to_owned()));
    let ran = run(
        &of(&["namespace", "name", "revision", "latest"]),
        api(secrets()),
    );
    let latest: Vec<_> = ran
        .rows
        .iter()
        .filter(|row| row["latest"] == true)
        .collect();
    assert_eq!((ran.rows.len(), latest.len()), (15, 4));
    let never = self::latest(self::latest(of(&KEY), true), false);
    let ran = run(&never, api(secrets()));
    assert!(ran.result.is_ok() && ran.requests.is_empty());
}

#[test]
fn a_status_does_not_make_a_revision_the_latest() {
    let wanted = latest(eq(of(&KEY), "status", "deployed"), true);
    let ran = run(&wanted, api(secrets()));
    // The deployed revision of a/db is not its latest.
    assert_eq!(revisions(&ran), ["b/db 1", "b/web 10"]);
    assert_eq!(ran.plan.filters, [Pushed::Exact; 2]);
    assert_eq!(ran.requests[0], ALL);
}

#[test]
fn names_namespaces_and_revisions_are_selected_by_the_api() {
    let wanted = within(eq(of(&KEY), "namespace", "b"), "name", &["db", "web"]);
    let wanted = and(wanted, "revision", CompareOp::Eq, Literal::Int64(1));
    let ran = run(&wanted, api(secrets()));
    assert_eq!(revisions(&ran), ["b/db 1", "b/web 1"]);
    assert_eq!(ran.plan.filters, [Pushed::Exact; 3]);
    assert_eq!(
        ran.requests,
        [
            "GET /api/v1/namespaces/b/secrets?limit=500&labelSelector=owner=helm,name in (db,web),version=1&fieldSelector=type=helm.sh/release.v1"
        ]
    );
    let ran = run(&latest(wanted, true), api(secrets()));
    assert_eq!(revisions(&ran), ["b/db 1"]);
    assert!(ran.requests[0].contains("labelSelector=owner=helm,name in (db,web)&"));
    let later = and(of(&KEY), "revision", CompareOp::Gt, Literal::Int64(1));
    let ran = run(&later, api(secrets()));
    assert_eq!(
        (ran.plan.filters[0], ran.rows.len()),
        (Pushed::NotPushed, 15)
    );
}

#[test]
fn a_limit_counts_rows_and_not_secrets() {
    let limited = |wanted| ScanRequest {
        limit: Some(2),
        ..wanted
    };
    let ran = run(&limited(of(&KEY)), api(secrets()));
    assert_eq!((ran.rows.len(), ran.plan.limit), (2, Pushed::Exact));
    assert!(ran.requests[0].contains("limit=2&"));
    let ran = run(&limited(latest(of(&KEY), true)), api(secrets()));
    assert_eq!(revisions(&ran), ["a/db 3", "b/db 1"]);
    let chart = limited(eq(of(&["chart"]), "chart", "web-chart"));
    let ran = run(&chart, api(secrets()));
    assert_eq!((ran.rows.len(), ran.plan.limit), (15, Pushed::NotPushed));
}

#[test]
fn payloads_that_cannot_be_read_are_told_and_the_release_is_there() {
    let bomb = {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(b"{\"x\":\"").unwrap();
        gzip.write_all(&vec![b'a'; 17 << 20]).unwrap();
        STANDARD.encode(STANDARD.encode(gzip.finish().unwrap()))
    };
    for (data, part) in [
        (json!({"release": bomb}), "unpacks to more"),
        (json!({"release": "%%%"}), "base64"),
        (
            json!({"release": STANDARD.encode("hunter2")}),
            "not a release",
        ),
        (
            json!({"release": STANDARD.encode(STANDARD.encode("hunter2"))}),
            "not a release",
        ),
        (json!({"release": null}), "no `release`"),
        (json!({}), "no `release`"),
        (Value::Null, "no `release`"),
    ] {
        let mut broken = secret("a", "db", 1, "deployed");
        broken["data"] = data;
        let ran = run(
            &of(&["name", "chart"]),
            api(vec![broken, secret("a", "ok", 1, "deployed")]),
        );
        ran.result.unwrap();
        assert_eq!(
            ran.rows,
            [
                json!({"name": "db", "chart": Value::Null}),
                json!({"name": "ok", "chart": "ok-chart"})
            ]
        );
        let [(Gap::Partial, told)] = ran.reports.as_slice() else {
            panic!("{:?}", ran.reports)
        };
        assert!(
            told.contains(part) && told.contains("a/db (revision 1)"),
            "{told}"
        );
        assert!(!told.contains(SECRET));
    }
}

#[test]
fn secrets_without_helms_labels_are_rows_without_a_name() {
    let mut strange = secret("a", "db", 1, "deployed");
    strange["metadata"]["labels"] = json!({"owner": "helm", "version": "one"});
    for columns in [&["name", "revision", "status"][..], &["name", "latest"]] {
        let ran = run(&of(columns), api(vec![strange.clone()]));
        ran.result.unwrap();
        let [row] = ran.rows.as_slice() else {
            panic!("{:?}", ran.rows)
        };
        let values = row.as_object().unwrap().values();
        assert!(
            values
                .into_iter()
                .all(|value| value.is_null() || *value == json!(false))
        );
    }
}

#[test]
fn what_the_host_refuses_is_passed_on() {
    let refused = Error::new(
        ErrorCode::PermissionDenied,
        "Secrets are a grant of their own",
    )
    .with_hint("write `grants: [secrets]`");
    for wanted in [of(&KEY), latest(of(&["chart"]), true)] {
        let answer = Answer::failing(refused.clone());
        let ran = run(&wanted, Recorded::by(move |_| answer.clone()));
        assert_eq!(ran.result.unwrap_err(), refused);
    }
}

#[test]
fn a_cluster_that_may_not_be_listed_is_read_by_namespaces_and_says_so_once() {
    let all = secrets();
    let rest = api(all);
    let http = Recorded::by(move |request| {
        if request.path.len() == 3 {
            return Answer::new(403, "application/json", bytes("error-403.json"));
        }
        let mut exchange =
            trawl_sdk::Transport::start(rest.as_ref(), "kubernetes", request.clone()).unwrap();
        Answer::json(exchange.read(u32::MAX).unwrap().unwrap())
    });
    let ran = run_with(r#"{"namespaces":["a"]}"#, &latest(of(&KEY), true), http);
    ran.result.as_ref().unwrap();
    assert_eq!(revisions(&ran), ["a/db 3"]);
    assert!(
        matches!(ran.reports.as_slice(), [(Gap::Partial, _)]),
        "{:?}",
        ran.reports
    );
}

#[test]
fn what_it_calls_is_declared() {
    let operations = &Kube::describe().endpoints[0].operations;
    for path in ["/api/v1/secrets", "/api/v1/namespaces/{namespace}/secrets"] {
        assert!(operations.iter().any(|known| known.path == path), "{path}");
    }
}
