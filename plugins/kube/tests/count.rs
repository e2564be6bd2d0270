//! Owns counting: what is asked for it, what it gives and when it is an estimate. Refuses rows of objects.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed helper is a failed test"
)]

mod common;

use common::{Ran, bytes, json, names, own_columns, page, path, request, run, run_with};
use serde_json::{Value, json};
use trawl_plugin_kube::Kube;
use trawl_sdk::schema::{self, Type};
use trawl_sdk::testing::{Answer, Recorded, request_line};
use trawl_sdk::types::{
    Aggregate, AggregateCall, AggregateFunction, Argument, ArgumentValue, Column, CompareExpr,
    CompareOp, ErrorCode, Expr, Filters, Gap, GroupKey, Literal, Pushed, ScanRequest,
};
use trawl_sdk::{Session, Source};

fn approximate(given: Literal) -> Vec<Argument> {
    vec![Argument {
        name: "approximate".into(),
        value: ArgumentValue::Scalar(given),
    }]
}

/// `pods(approximate = true) | count`
fn count(table: &str) -> ScanRequest {
    let output = schema::column("count_", Type::Int64, "").into_fields();
    ScanRequest {
        arguments: approximate(Literal::Boolean(true)),
        aggregate: Some(Aggregate {
            group_by: vec![],
            calls: vec![AggregateCall {
                function: AggregateFunction::Count,
                column: None,
                output: output[0].clone(),
            }],
        }),
        ..request(table, vec![])
    }
}

/// `where column == "a"` before it.
fn filtered(request: ScanRequest, column: &str) -> ScanRequest {
    ScanRequest {
        refs: vec![path(column, Type::Utf8)],
        filters: Filters {
            nodes: vec![
                Expr::ColumnRef(0),
                Expr::Value(Literal::Utf8("a".into())),
                Expr::Compare(CompareExpr {
                    op: CompareOp::Eq,
                    left: 0,
                    right: 1,
                }),
            ],
            roots: vec![2],
        },
        ..request
    }
}

fn recorded() -> Answer {
    Answer::json(bytes("pods-limit-1-remaining.json"))
}

#[test]
fn one_object_and_what_remains_are_the_number() {
    let ran = run(&count("pods"), Recorded::in_order([recorded()]));
    ran.result.unwrap();
    let remaining = json("pods-limit-1-remaining.json")["metadata"]["remainingItemCount"]
        .as_u64()
        .unwrap();
    assert_eq!(ran.rows, [json!({"count_": remaining + 1})]);
    assert_eq!(ran.requests, ["GET /api/v1/pods?limit=1"]);
    assert!(ran.plan.aggregated);
    assert!(
        ran.plan.explain.contains("estimate"),
        "{}",
        ran.plan.explain
    );
    let [(Gap::Note, note)] = ran.reports.as_slice() else {
        panic!("{:?}", ran.reports)
    };
    assert!(note.contains("estimate"), "{note}");
}

#[test]
fn a_list_that_ends_with_its_first_page_is_no_estimate() {
    for (names, number) in [(&[][..], 0), (&["a"][..], 1)] {
        let ran = run(&count("pods"), Recorded::in_order([page(names, "")]));
        assert_eq!(ran.rows, [json!({"count_": number})]);
        assert!(ran.reports.is_empty());
    }
}

#[test]
fn where_the_server_says_nothing_the_objects_are_counted() {
    let ran = run(
        &count("pods"),
        Recorded::in_order([page(&["a"], "t"), page(&["a", "b"], "u"), page(&["c"], "")]),
    );
    ran.result.unwrap();
    assert_eq!(ran.rows, [json!({"count_": 3})]);
    assert_eq!(
        ran.requests,
        [
            "GET /api/v1/pods?limit=1",
            "GET /api/v1/pods?limit=500",
            "GET /api/v1/pods?limit=500&continue=u"
        ]
    );
    assert!(ran.reports.is_empty());
}

#[test]
fn a_namespace_is_no_selector() {
    let ran = run(
        &filtered(count("pods"), "namespace"),
        Recorded::in_order([recorded()]),
    );
    assert_eq!(ran.plan.filters, [Pushed::Exact]);
    assert_eq!(ran.requests, ["GET /api/v1/namespaces/a/pods?limit=1"]);
}

#[test]
fn only_a_count_of_all_objects_is_taken_over() {
    let all = || count("pods");
    let changed = |change: fn(&mut Aggregate)| {
        let mut request = all();
        request.refs = vec![path("phase", Type::Utf8)];
        change(request.aggregate.as_mut().unwrap());
        request
    };
    let refused = [
        (
            "no estimate was allowed",
            ScanRequest {
                arguments: vec![],
                ..all()
            },
        ),
        (
            "an estimate was refused",
            ScanRequest {
                arguments: approximate(Literal::Boolean(false)),
                ..all()
            },
        ),
        (
            "no aggregate",
            ScanRequest {
                aggregate: None,
                ..all()
            },
        ),
        ("rows that are not objects", count("containers")),
        ("a field selector", filtered(all(), "phase")),
        ("a label selector", filtered(all(), "labels.x")),
        ("a name", filtered(all(), "name")),
        ("what the API cannot filter", filtered(all(), "state")),
        (
            "groups",
            changed(|aggregate| {
                aggregate.group_by = vec![GroupKey {
                    column: 0,
                    bin_ns: None,
                }];
            }),
        ),
        (
            "a column",
            changed(|aggregate| aggregate.calls[0].column = Some(0)),
        ),
        (
            "another function",
            changed(|aggregate| aggregate.calls[0].function = AggregateFunction::Max),
        ),
        (
            "two functions",
            changed(|aggregate| aggregate.calls.extend(aggregate.calls.clone())),
        ),
    ];
    let connection = Kube::open("{}", Recorded::in_order([])).unwrap();
    let several = connection.plan(&count("containers")).unwrap();
    assert!(!several.aggregated, "several rows an object");
    for (why, request) in refused {
        let plan = connection.plan(&request).unwrap();
        assert!(!plan.aggregated, "{why}");
    }
    let strange = ScanRequest {
        arguments: approximate(Literal::Utf8("yes".into())),
        ..all()
    };
    assert_eq!(
        connection.plan(&strange).unwrap_err().code,
        ErrorCode::InvalidQuery
    );
}

#[test]
fn rows_are_not_touched_by_the_argument() {
    let allowed = ScanRequest {
        arguments: approximate(Literal::Boolean(true)),
        ..names()
    };
    let ran = run(&allowed, Recorded::in_order([page(&["a", "b"], "")]));
    assert_eq!((ran.rows.len(), ran.plan.aggregated), (2, false));
}

#[test]
fn a_cluster_that_may_not_be_listed_is_counted_by_its_configured_namespaces() {
    let http = Recorded::by(|request| match request_line(request).as_str() {
        line if line.starts_with("GET /api/v1/pods") => {
            Answer::new(403, "application/json", bytes("error-403.json"))
        }
        _ => page(&["a", "b"], ""),
    });
    let ran = run_with(r#"{"namespaces":["x","y"]}"#, &count("pods"), http);
    ran.result.unwrap();
    assert_eq!(ran.rows, [json!({"count_": 4})]);
    assert!(matches!(ran.reports.as_slice(), [(Gap::Partial, _)]));
}

#[test]
fn a_kind_that_the_cluster_lacks_has_no_objects() {
    let not_found = || Answer::new(404, "text/plain", bytes("error-404-resource.txt"));
    let http = Recorded::by(move |request| match request_line(request).as_str() {
        "GET /version" => Answer::json("{}"),
        _ => not_found(),
    });
    let ran = run(&count("node_metrics"), http);
    ran.result.unwrap();
    assert_eq!(ran.rows, [json!({"count_": 0})]);
    assert!(matches!(ran.reports.as_slice(), [(Gap::Absent, _)]));
}

#[test]
fn failures_of_the_first_page_are_the_targets() {
    for (answer, code) in [
        (
            Answer::new(403, "application/json", bytes("error-403.json")),
            ErrorCode::PermissionDenied,
        ),
        (
            Answer::new(429, "text/plain", bytes("error-429.txt")),
            ErrorCode::RateLimited,
        ),
        (Answer::json("{"), ErrorCode::Protocol),
    ] {
        let ran = run(&count("pods"), Recorded::by(move |_| answer.clone()));
        assert_eq!(ran.result.unwrap_err().code, code);
        assert!(ran.rows.is_empty());
    }
}

const INFO: &str = "cluster_info";

fn cluster(columns: Vec<Column>, arguments: Vec<Argument>) -> Ran {
    let request = ScanRequest {
        arguments,
        ..request(INFO, columns)
    };
    run(
        &request,
        Recorded::by(|request| {
            let line = request_line(request);
            if line == "GET /version" {
                Answer::json(bytes("version.json"))
            } else if line == "GET /api/v1/pods?limit=1" {
                recorded()
            } else if line.starts_with("GET /api/v1/pods") {
                Answer::json(bytes("pods-metadata-only.json"))
            } else {
                Answer::json(bytes("nodes.json"))
            }
        }),
    )
}

#[test]
fn nodes_and_pods_are_counted_when_they_are_asked_for() {
    let http = |rest: &'static str| {
        Recorded::by(move |request| match request_line(request).as_str() {
            "GET /version" => Answer::json(bytes("version.json")),
            "GET /api/v1/nodes?limit=500" => page(&["n", "m"], ""),
            "GET /api/v1/pods?limit=500" => page(&["a", "b"], "t"),
            "GET /api/v1/pods?limit=500&continue=t" => page(&["c"], rest),
            other => panic!("{other}"),
        })
    };
    let both = vec![path("nodes", Type::Int64), path("pods", Type::Int64)];
    let ran = run(&request(INFO, both), http(""));
    ran.result.unwrap();
    assert_eq!(ran.rows, [json!({"nodes": 2, "pods": 3})]);
    let ran = run(
        &request(INFO, vec![path("nodes", Type::Int64)]),
        http("never asked for"),
    );
    assert_eq!(
        ran.requests,
        ["GET /version", "GET /api/v1/nodes?limit=500"]
    );
}

#[test]
fn estimates_of_a_cluster_are_told() {
    let columns = vec![path("nodes", Type::Int64), path("pods", Type::Int64)];
    let ran = cluster(columns, approximate(Literal::Boolean(true)));
    ran.result.unwrap();
    assert_eq!(ran.rows, [json!({"nodes": 58, "pods": 4998})]);
    assert!(
        matches!(ran.reports.as_slice(), [(Gap::Note, nodes), (Gap::Note, pods)] if nodes.contains("nodes") && pods.contains("pods"))
    );
}

#[test]
fn what_may_not_be_counted_is_null_and_told() {
    let http = Recorded::by(|request| match request_line(request).as_str() {
        "GET /version" => Answer::json(bytes("version.json")),
        _ => Answer::new(403, "application/json", bytes("error-403.json")),
    });
    let columns = vec![path("version", Type::Utf8), path("nodes", Type::Int64)];
    let ran = run(&request(INFO, columns), http);
    ran.result.unwrap();
    assert_eq!(
        ran.rows,
        [json!({"version": "v1.36.2", "nodes": Value::Null})]
    );
    assert!(matches!(ran.reports.as_slice(), [(Gap::Partial, told)] if told.contains("nodes")));
}

#[test]
fn a_cluster_without_a_version_has_no_row() {
    for (answer, code) in [
        (
            Answer::new(401, "application/json", bytes("error-401.json")),
            ErrorCode::Unauthenticated,
        ),
        (Answer::new(200, "text/html", "<html>"), ErrorCode::Protocol),
        (Answer::json("[[]]"), ErrorCode::Protocol),
    ] {
        let ran = run(&request(INFO, vec![]), Recorded::in_order([answer]));
        assert_eq!(ran.result.unwrap_err().code, code);
    }
    // A server that leaves all out is still one.
    let ran = run(
        &request(INFO, own_columns(INFO)[..7].to_vec()),
        Recorded::in_order([Answer::json("{}")]),
    );
    assert_eq!(ran.rows.len(), 1);
    assert!(
        ran.rows[0]
            .as_object()
            .unwrap()
            .values()
            .all(Value::is_null)
    );
}
