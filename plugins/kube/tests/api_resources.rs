//! Owns discovery and the table made of it, against recordings and against servers that answer in parts. Refuses other tables.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed helper is a failed test"
)]

mod common;

use common::{Ran, bytes, json, own_columns, path, request, run};
use serde_json::{Value, json};
use trawl_plugin_kube::Kube;
use trawl_sdk::schema::Type;
use trawl_sdk::testing::{Answer, Recorded, request_line};
use trawl_sdk::types::{ErrorCode, Gap, Request};
use trawl_sdk::{Session, Source};

const TABLE: &str = "api_resources";

fn recorded(file: &str) -> Answer {
    Answer::json(bytes(file))
}

fn read(script: impl Fn(&Request) -> Answer + 'static) -> Ran {
    run(&request(TABLE, own_columns(TABLE)), Recorded::by(script))
}

fn aggregated() -> Ran {
    read(|request| {
        recorded(match request_line(request).as_str() {
            "GET /api" => "discovery-api-aggregated.json",
            "GET /apis" => "discovery-apis-aggregated.json",
            other => panic!("{other}"),
        })
    })
}

/// The rows of an aggregated document, computed from its JSON without the plugin.
fn expected(file: &str) -> Vec<Value> {
    let document = json(file);
    let mut rows: Vec<Value> = Vec::new();
    for group in document["items"].as_array().unwrap() {
        let name = group["metadata"]["name"].as_str().unwrap_or("");
        for version in group["versions"].as_array().unwrap() {
            let word = version["version"].as_str().unwrap();
            for one in version["resources"].as_array().unwrap() {
                let of_same = |row: &Value| row["group"] == name && row["name"] == one["resource"];
                let preferred = !rows.iter().any(of_same);
                rows.push(json!({
                    "name": one["resource"],
                    "singular": one["singularResource"],
                    "short_names": one.get("shortNames").cloned().unwrap_or(json!([])),
                    "group": name,
                    "version": word,
                    "api_version": if name.is_empty() { word.to_owned() } else { format!("{name}/{word}") },
                    "kind": one["responseKind"]["kind"],
                    "namespaced": one["scope"] == "Namespaced",
                    "verbs": one["verbs"],
                    "categories": one.get("categories").cloned().unwrap_or(json!([])),
                    "preferred": preferred,
                    "stale": false,
                }));
            }
        }
    }
    rows
}

#[test]
fn rows_are_those_of_the_aggregated_documents() {
    let ran = aggregated();
    ran.result.unwrap();
    let mut all = expected("discovery-api-aggregated.json");
    all.extend(expected("discovery-apis-aggregated.json"));
    assert!(all.len() > 60, "{}", all.len());
    assert_eq!(ran.rows, all);
    assert_eq!(ran.requests, ["GET /api", "GET /apis"]);
    assert!(ran.reports.is_empty());
    assert!(ran.plan.explain.contains("GET /apis"));
}

#[test]
fn both_roots_are_under_way_at_once() {
    let ran = aggregated();
    assert_eq!(&ran.events[..2], ["start GET /api", "start GET /apis"]);
}

#[test]
fn a_version_that_is_not_the_first_is_not_preferred() {
    let ran = aggregated();
    let autoscalers: Vec<_> = ran
        .rows
        .iter()
        .filter(|row| row["name"] == "horizontalpodautoscalers")
        .map(|row| (row["version"].as_str().unwrap(), row["preferred"] == true))
        .collect();
    assert_eq!(autoscalers, [("v2", true), ("v1", false)]);
}

/// The plain documents that were recorded, and made up ones for the two versions of one group.
fn plain(request: &Request) -> Answer {
    match request_line(request).as_str() {
        "GET /api" => recorded("discovery-api-plain.json"),
        "GET /api/v1" => recorded("discovery-v1-plain.json"),
        "GET /apis" => Answer::json(
            json!({"kind": "APIGroupList", "groups": [
                {"name": "x.io",
                 "versions": [{"version": "v1beta1"}, {"version": "v1"}],
                 "preferredVersion": {"version": "v1"}},
                {"name": "down.io", "versions": [{"version": "v1"}], "preferredVersion": null},
                {"name": "none.io", "versions": null},
            ]})
            .to_string(),
        ),
        "GET /apis/x.io/v1" => Answer::json(
            r#"{"kind":"APIResourceList","resources":[
                {"name":"things","namespaced":true,"kind":"Thing","verbs":["get","list"]},
                {"name":"things/status","namespaced":true,"kind":"Thing","verbs":["get"]}]}"#,
        ),
        "GET /apis/x.io/v1beta1" => Answer::json(
            r#"{"kind":"APIResourceList","resources":[
                {"name":"things","singularName":"thing","namespaced":true,"kind":"Thing","verbs":null},
                {"name":"olds","namespaced":false,"kind":"Old","verbs":["get"]}]}"#,
        ),
        _ => Answer::new(503, "text/plain", "service unavailable"),
    }
}

#[test]
fn plain_documents_say_the_same_of_the_core_group() {
    let ran = read(plain);
    ran.result.unwrap();
    let core: Vec<Value> = ran
        .rows
        .iter()
        .filter(|row| row["group"] == "")
        .cloned()
        .collect();
    assert_eq!(core, expected("discovery-api-aggregated.json"));
}

#[test]
fn plain_documents_are_read_in_the_order_of_preference() {
    let ran = read(plain);
    let others: Vec<_> = ran
        .rows
        .iter()
        .filter(|row| row["group"] != "")
        .map(|row| {
            format!(
                "{} {} {}",
                row["api_version"].as_str().unwrap(),
                row["name"].as_str().unwrap(),
                row["preferred"]
            )
        })
        .collect();
    assert_eq!(
        others,
        [
            "x.io/v1 things true",
            "x.io/v1beta1 things false",
            "x.io/v1beta1 olds true"
        ]
    );
    let thing = ran
        .rows
        .iter()
        .find(|row| row["api_version"] == "x.io/v1")
        .unwrap();
    assert_eq!(thing["singular"], Value::Null);
}

#[test]
fn a_group_that_is_down_takes_nothing_with_it() {
    let ran = read(plain);
    ran.result.unwrap();
    let [(Gap::Partial, message)] = ran.reports.as_slice() else {
        panic!("{:?}", ran.reports)
    };
    assert!(
        message.contains("/apis/down.io/v1") && message.contains("503"),
        "{message}"
    );
}

#[test]
fn documents_of_many_versions_are_under_way_together() {
    let ran = read(|request| match request_line(request).as_str() {
        "GET /api" => recorded("discovery-api-plain.json"),
        "GET /api/v1" => Answer::json(r#"{"kind":"APIResourceList","resources":null}"#),
        "GET /apis" => recorded("discovery-apis-plain.json"),
        _ => Answer::json(r#"{"kind":"APIResourceList","resources":[]}"#),
    });
    ran.result.unwrap();
    let first_read = ran
        .events
        .iter()
        .position(|event| event.starts_with("end GET /apis/"))
        .unwrap();
    let started = ran.events[..first_read]
        .iter()
        .filter(|event| event.starts_with("start GET /apis/"))
        .count();
    assert_eq!(started, 8);
    assert!(ran.requests.len() > 20);
    assert!(ran.rows.is_empty() && ran.reports.is_empty());
}

#[test]
fn stale_groups_are_told() {
    let ran = read(|request| {
        Answer::json(match request_line(request).as_str() {
            "GET /api" => r#"{"kind":"APIGroupDiscoveryList","items":null}"#.to_owned(),
            _ => json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2beta1", "items": [
                {"metadata": {"name": "metrics.k8s.io"}, "versions": [{"version": "v1beta1", "freshness": "Stale"}]},
                {"metadata": {"name": "old.io"}, "versions": [{"version": "v1", "freshness": "Stale", "resources": [
                    {"resource": "olds", "responseKind": null, "scope": "Cluster", "verbs": ["get"]}]}]},
                {"metadata": null, "versions": null},
            ]})
            .to_string(),
        })
    });
    ran.result.unwrap();
    assert_eq!(ran.rows.len(), 1);
    assert_eq!(
        (&ran.rows[0]["stale"], &ran.rows[0]["kind"]),
        (&json!(true), &json!(""))
    );
    assert_eq!(ran.reports.len(), 1);
    assert!(ran.reports[0].1.contains("metrics.k8s.io/v1beta1"));
}

#[test]
fn what_is_no_discovery_is_refused() {
    for (answer, code, part) in [
        (Answer::json("[]"), ErrorCode::Protocol, "/api"),
        (
            Answer::json(r#"{"kind":"PodList"}"#),
            ErrorCode::Protocol,
            "`PodList`",
        ),
        (
            Answer::new(200, "text/html", "<html>"),
            ErrorCode::Protocol,
            "discovery",
        ),
        (
            Answer::json(r#"{"kind":"APIGroupDiscoveryList","items":{}}"#),
            ErrorCode::Protocol,
            "/api",
        ),
        (
            Answer::new(401, "application/json", bytes("error-401.json")),
            ErrorCode::Unauthenticated,
            "/api",
        ),
        (
            Answer::new(404, "text/plain", bytes("error-404-resource.txt")),
            ErrorCode::NotFound,
            "404 page not found",
        ),
    ] {
        let error = read(move |_| answer.clone()).result.unwrap_err();
        assert_eq!(error.code, code, "{}", error.message);
        assert!(error.message.contains(part), "{}", error.message);
        assert!(error.hint.is_some());
    }
}

#[test]
fn documents_that_would_take_all_memory_are_refused() {
    for (of, times, part) in [
        ("{},", 300_000, "at most 200000 objects"),
        ("[],", 300_000, "at most 200000 objects"),
        ("\"\",", 2_100_000, "2000000 texts"),
    ] {
        let body = format!(
            "{{\"kind\":\"APIGroupDiscoveryList\",\"items\":[{}{{}}]}}",
            of.repeat(times)
        );
        let error = read(move |_| Answer::json(body.clone()))
            .result
            .unwrap_err();
        assert_eq!(error.code, ErrorCode::Protocol);
        assert!(error.message.contains(part), "{}", error.message);
    }
    let resources = vec![json!({"resource": "x"}); 60_000];
    let body = json!({"kind": "APIGroupDiscoveryList", "items": [
        {"versions": [{"version": "v1", "resources": resources}]}]})
    .to_string();
    let ran = read(move |request| match request_line(request).as_str() {
        "GET /api" => Answer::json(body.clone()),
        _ => Answer::json(r#"{"kind":"APIGroupList","groups":[]}"#),
    });
    ran.result.unwrap();
    assert_eq!((ran.rows.len(), ran.reports.len()), (50_000, 1));
    assert!(ran.reports[0].1.contains("first 50000"));
}

#[test]
fn a_role_that_is_missing_is_named() {
    let ran = read(|_| Answer::new(403, "application/json", bytes("error-403.json")));
    let error = ran.result.unwrap_err();
    assert_eq!(error.code, ErrorCode::PermissionDenied);
    assert!(error.hint.unwrap().contains("system:discovery"));
}

#[test]
fn parts_and_other_types_of_columns() {
    let columns = vec![
        path("short_names.0", Type::Utf8),
        path("verbs", Type::Json),
        path("name.x", Type::Utf8),
        path("namespaced", Type::Utf8),
    ];
    let ran = run(
        &request(TABLE, columns),
        Recorded::by(|request| {
            recorded(match request_line(request).as_str() {
                "GET /api" => "discovery-api-aggregated.json",
                _ => "discovery-apis-aggregated.json",
            })
        }),
    );
    ran.result.unwrap();
    let pods = ran
        .rows
        .iter()
        .find(|row| row["short_names.0"] == "po")
        .unwrap();
    assert_eq!(pods["verbs"][0], "create");
    assert_eq!(
        (&pods["name.x"], &pods["namespaced"]),
        (&Value::Null, &json!("true"))
    );
}

#[test]
fn columns_that_are_none_are_refused() {
    let connection = Kube::open("{}", Recorded::in_order([])).unwrap();
    let error = connection
        .plan(&request(TABLE, vec![path("nope", Type::Utf8)]))
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidQuery);
    assert!(error.message.contains("short_names"), "{}", error.message);
    let strange = connection
        .scan(
            r#"{"table":"nope","state":{}}"#,
            &trawl_sdk::testing::Collected::default(),
        )
        .unwrap_err();
    assert_eq!(strange.code, ErrorCode::Internal);
}

#[test]
fn what_it_calls_is_declared() {
    let operations = &Kube::describe().endpoints[0].operations;
    for path in ["/api", "/apis", "/api/{version}", "/apis/{group}/{version}"] {
        let count = operations.iter().filter(|known| known.path == path).count();
        assert_eq!(count, 1, "{path}");
    }
}
