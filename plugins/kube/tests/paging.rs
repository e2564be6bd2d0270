//! Owns the faults of paging: expired, repeated and empty pages, refusals, broken bodies, limits. Refuses the content of rows.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed helper is a failed test"
)]

mod common;

use common::{Ran, bytes, path, request, run, run_with};
use serde_json::{Value, json};
use trawl_sdk::Error;
use trawl_sdk::filter;
use trawl_sdk::schema::Type;
use trawl_sdk::testing::{Answer, Collected, Recorded};
use trawl_sdk::types::{
    CompareExpr, CompareOp, ErrorCode, Expr, Filters, Gap, InSetExpr, Literal, Pushed, ScanRequest,
};
use trawl_sdk::{Session, Source};

fn names() -> ScanRequest {
    request(
        "pods",
        vec![path("name", Type::Utf8), path("phase", Type::Utf8)],
    )
}

fn page(names: &[&str], token: &str) -> Answer {
    let items: Vec<Value> = names
        .iter()
        .map(|name| json!({"metadata": {"name": name}, "status": {"phase": "Running"}}))
        .collect();
    Answer::json(
        json!({"kind": "PodList", "apiVersion": "v1", "metadata": {"continue": token}, "items": items}).to_string(),
    )
}

fn expired(token: &str) -> Answer {
    let mut body: Value =
        serde_json::from_slice(&bytes("error-410-continue-expired.json")).unwrap();
    body["metadata"]["continue"] = json!(token);
    Answer::new(410, "application/json", body.to_string())
}

fn got(ran: &Ran) -> Vec<&str> {
    ran.rows
        .iter()
        .map(|row| row["name"].as_str().unwrap())
        .collect()
}

fn failed(ran: &Ran) -> &Error {
    ran.result.as_ref().unwrap_err()
}

/// `where column op "text"`.
fn filtered(mut request: ScanRequest, column: &str, test: impl Fn() -> Expr) -> ScanRequest {
    request.refs = vec![path(column, Type::Utf8)];
    request.filters = Filters {
        nodes: vec![
            Expr::ColumnRef(0),
            Expr::Value(Literal::Utf8("a".into())),
            test(),
        ],
        roots: vec![2],
    };
    assert!(filter::predicates(&request)[0].is_some());
    request
}

fn eq() -> Expr {
    Expr::Compare(CompareExpr {
        op: CompareOp::Eq,
        left: 0,
        right: 1,
    })
}

fn set(items: &[&str]) -> Expr {
    Expr::InSet(InSetExpr {
        value: 0,
        items: items
            .iter()
            .map(|&item| Literal::Utf8(item.into()))
            .collect(),
        negated: false,
    })
}

#[test]
fn the_next_page_is_asked_for_before_this_one_is_pushed() {
    let ran = run(
        &names(),
        Recorded::in_order([page(&["a"], "t1"), page(&["b"], "t2"), page(&["c"], "")]),
    );
    ran.result.as_ref().unwrap();
    assert_eq!(got(&ran), ["a", "b", "c"]);
    let first = "GET /api/v1/pods?limit=500";
    assert_eq!(
        ran.events[..3],
        [
            format!("start {first}"),
            format!("end {first}"),
            format!("start {first}&continue=t1"),
        ]
    );
    // A broken item shows that the request left before the items were decoded.
    let broken = r#"{"metadata":{"continue":"t1"},"items":[{"metadata":"#;
    let ran = run(
        &names(),
        Recorded::in_order([Answer::json(broken), page(&[], "")]),
    );
    assert_eq!(failed(&ran).code, ErrorCode::Protocol);
    assert_eq!(ran.requests.len(), 2);
}

#[test]
fn an_empty_page_with_a_token_goes_on() {
    let ran = run(
        &names(),
        Recorded::in_order([page(&[], "t1"), page(&["b"], "")]),
    );
    assert_eq!(got(&ran), ["b"]);
    assert!(ran.result.is_ok() && ran.reports.is_empty());
}

#[test]
fn a_token_that_repeats_ends_the_list() {
    let ran = run(&names(), Recorded::by(|_| page(&["a"], "same")));
    assert_eq!(failed(&ran).code, ErrorCode::Protocol);
    assert!(
        failed(&ran).message.contains("continue"),
        "{}",
        failed(&ran).message
    );
    assert_eq!(got(&ran), ["a"]);
    let cycle = std::cell::Cell::new(0);
    let ran = run(
        &names(),
        Recorded::by(move |_| {
            cycle.set(cycle.get() + 1);
            page(&[], if cycle.get() % 2 == 0 { "x" } else { "y" })
        }),
    );
    assert_eq!(failed(&ran).code, ErrorCode::Protocol);
}

#[test]
fn an_expired_list_goes_on_and_says_so() {
    let ran = run(
        &names(),
        Recorded::in_order([page(&["a"], "old"), expired("fresh"), page(&["b"], "")]),
    );
    ran.result.as_ref().unwrap();
    assert_eq!(got(&ran), ["a", "b"]);
    assert_eq!(ran.requests[2], "GET /api/v1/pods?limit=500&continue=fresh");
    assert_eq!(ran.reports[0].0, Gap::Inconsistent);
}

#[test]
fn an_expired_list_restarts_when_nothing_was_put_out() {
    let ran = run(
        &names(),
        Recorded::in_order([page(&[], "old"), expired("fresh"), page(&["b"], "")]),
    );
    ran.result.as_ref().unwrap();
    assert_eq!(got(&ran), ["b"]);
    assert_eq!(ran.requests[2], "GET /api/v1/pods?limit=500");
    assert!(ran.reports.is_empty());
}

#[test]
fn a_list_that_keeps_expiring_fails() {
    let ran = run(
        &names(),
        Recorded::by(|r| {
            if r.query.iter().any(|(k, _)| k == "continue") {
                expired("again")
            } else {
                page(&["a"], "t")
            }
        }),
    );
    assert_eq!(failed(&ran).code, ErrorCode::Expired);
    let ran = run(
        &names(),
        Recorded::in_order([page(&["a"], "t"), expired("")]),
    );
    assert_eq!(failed(&ran).code, ErrorCode::Expired);
}

#[test]
fn a_missing_resource_is_absent() {
    let answer = Answer::new(
        404,
        "text/plain; charset=utf-8",
        bytes("error-404-resource.txt"),
    );
    let ran = run(&names(), Recorded::in_order([answer]));
    assert!(ran.result.is_ok() && ran.rows.is_empty());
    assert_eq!(ran.reports[0].0, Gap::Absent);
}

#[test]
fn refusals_are_typed() {
    for (status, file, code, part) in [
        (
            401,
            "error-401.json",
            ErrorCode::Unauthenticated,
            "Unauthorized",
        ),
        (
            403,
            "error-403.json",
            ErrorCode::PermissionDenied,
            "cannot list resource",
        ),
        (
            429,
            "error-429.txt",
            ErrorCode::RateLimited,
            "Too many requests",
        ),
        (
            400,
            "error-400-continue.json",
            ErrorCode::Protocol,
            "continue",
        ),
    ] {
        let kind = if file.ends_with("txt") {
            "text/plain"
        } else {
            "application/json"
        };
        let answer = Answer::new(status, kind, bytes(file)).header("retry-after", "1");
        let ran = run(&names(), Recorded::in_order([answer]));
        let error = failed(&ran);
        assert_eq!((error.code, error.http_status), (code, Some(status)));
        assert!(error.message.contains(part), "{}", error.message);
        assert_eq!(error.retry_after_ms, Some(1000));
    }
    let host = Error::new(ErrorCode::Unavailable, "connection refused");
    let ran = run(
        &names(),
        Recorded::in_order([Answer::failing(host.clone())]),
    );
    assert_eq!(*failed(&ran), host);
}

#[test]
fn a_forbidden_cluster_falls_back_to_the_configured_namespaces() {
    let answer =
        |r: &trawl_sdk::types::Request| match r.path.iter().rev().nth(1).map(String::as_str) {
            Some("a") => page(&["in-a"], ""),
            Some("b") => page(&["in-b"], ""),
            _ => Answer::new(403, "application/json", bytes("error-403.json")),
        };
    let config = r#"{"namespaces":["a","b"]}"#;
    let ran = run_with(config, &names(), Recorded::by(answer));
    ran.result.as_ref().unwrap();
    assert_eq!(got(&ran), ["in-a", "in-b"]);
    assert_eq!(ran.reports[0].0, Gap::Partial);
    assert!(ran.reports[0].1.contains("a, b"));
    let nodes = request("nodes", vec![path("name", Type::Utf8)]);
    let ran = run_with(config, &nodes, Recorded::by(answer));
    assert_eq!(failed(&ran).code, ErrorCode::PermissionDenied);
}

#[test]
fn bodies_that_are_not_lists_fail_with_their_place() {
    for answer in [
        Answer::new(200, "text/html", "<html>"),
        Answer::json("<html>"),
        Answer::json(""),
        Answer::json(r#"{"kind":"Pod"}"#),
        Answer::json(&bytes("pods-page-2.json")[..1000]),
    ] {
        let ran = run(&names(), Recorded::in_order([page(&["a"], "t"), answer]));
        assert_eq!(failed(&ran).code, ErrorCode::Protocol);
        assert_eq!(got(&ran), ["a"]);
    }
}

#[test]
fn a_limit_asks_for_no_more_than_it_needs() {
    let limited = ScanRequest {
        limit: Some(3),
        ..names()
    };
    let ran = run(&limited, Recorded::in_order([page(&["a", "b", "c"], "t")]));
    ran.result.as_ref().unwrap();
    assert_eq!(ran.plan.limit, Pushed::Exact);
    assert_eq!(ran.requests, ["GET /api/v1/pods?limit=3"]);
    // A short page is followed; a page with too many objects is cut.
    let ran = run(
        &limited,
        Recorded::in_order([page(&["a"], "t"), page(&["b", "c", "d"], "u")]),
    );
    assert_eq!(got(&ran), ["a", "b", "c"]);
    assert_eq!(
        ran.requests,
        [
            "GET /api/v1/pods?limit=3",
            "GET /api/v1/pods?limit=2&continue=t"
        ]
    );
    let none = ScanRequest {
        limit: Some(0),
        ..names()
    };
    let ran = run(&none, Recorded::in_order([]));
    assert!(ran.result.is_ok() && ran.requests.is_empty());
    let large = ScanRequest {
        limit: Some(700),
        ..names()
    };
    let ran = run(
        &large,
        Recorded::in_order([page(&["a"], "t"), page(&["b"], "")]),
    );
    assert_eq!(
        ran.requests,
        [
            "GET /api/v1/pods?limit=500",
            "GET /api/v1/pods?limit=200&continue=t"
        ]
    );
}

#[test]
fn a_limit_counts_only_over_exact_filters() {
    let by_state = filtered(
        ScanRequest {
            limit: Some(3),
            ..names()
        },
        "state",
        eq,
    );
    let ran = run(&by_state, Recorded::in_order([page(&["a", "b"], "")]));
    assert_eq!(
        (ran.plan.limit, ran.plan.filters[0]),
        (Pushed::NotPushed, Pushed::NotPushed)
    );
    assert_eq!(ran.requests, ["GET /api/v1/pods?limit=500"]);
    let by_phase = filtered(
        ScanRequest {
            limit: Some(3),
            ..names()
        },
        "phase",
        eq,
    );
    let ran = run(&by_phase, Recorded::in_order([page(&["a", "b"], "")]));
    assert_eq!(
        (ran.plan.limit, ran.plan.filters[0]),
        (Pushed::Exact, Pushed::Exact)
    );
    assert_eq!(
        ran.requests,
        ["GET /api/v1/pods?limit=3&fieldSelector=status.phase=a"]
    );
    let sorted = ScanRequest {
        sort: vec![trawl_sdk::types::SortKey {
            column: 0,
            descending: true,
            nulls_first: false,
        }],
        ..by_phase
    };
    assert_eq!(
        run(&sorted, Recorded::in_order([page(&[], "")])).plan.limit,
        Pushed::NotPushed
    );
}

#[test]
fn a_namespace_is_a_path_and_several_are_lists() {
    let one = filtered(names(), "namespace", eq);
    let ran = run(&one, Recorded::in_order([page(&["x"], "")]));
    assert_eq!(ran.requests, ["GET /api/v1/namespaces/a/pods?limit=500"]);
    assert_eq!(ran.plan.explain, "GET /api/v1/namespaces/a/pods?limit=500");
    let three = || filtered(names(), "namespace", || set(&["a", "b", "c"]));
    let pages = || Recorded::in_order([page(&["x"], ""), page(&["y"], ""), page(&["z"], "")]);
    let ran = run(&three(), pages());
    assert_eq!(
        (ran.plan.partitions.len(), got(&ran)),
        (1, vec!["x", "y", "z"])
    );
    let ran = run(
        &ScanRequest {
            max_partitions: 2,
            limit: Some(9),
            ..three()
        },
        pages(),
    );
    assert_eq!(
        (ran.plan.partitions.len(), ran.plan.limit),
        (2, Pushed::Inexact)
    );
    let asked: Vec<_> = ran
        .requests
        .iter()
        .map(|r| r.split('?').next().unwrap())
        .collect();
    let expected = ["a", "b", "c"].map(|n| format!("GET /api/v1/namespaces/{n}/pods"));
    assert_eq!(asked, expected);
    let ran = run(
        &ScanRequest {
            max_partitions: 9,
            ..three()
        },
        pages(),
    );
    assert_eq!(ran.plan.partitions.len(), 3);
}

#[test]
fn what_cannot_match_is_not_asked() {
    let ran = run(
        &filtered(names(), "namespace", || set(&["NOT/a/namespace"])),
        Recorded::in_order([]),
    );
    assert!(ran.result.is_ok() && ran.requests.is_empty() && ran.rows.is_empty());
    assert_eq!(ran.plan.partitions.len(), 1);
    assert!(ran.plan.explain.contains("nothing"));
}

#[test]
fn stop_is_obeyed() {
    let http = Recorded::in_order([page(&["a"], "t"), page(&["b"], "u"), page(&["c"], "")]);
    let connection = trawl_plugin_kube::Kube::open("{}", http.clone()).unwrap();
    let plan = connection.plan(&names()).unwrap();
    let output = Collected::new(plan.schema.clone()).stopping_after(1);
    connection.scan(&plan.partitions[0], &output).unwrap();
    assert_eq!(output.rows().len(), 1);
    assert_eq!(http.requests().len(), 2);
}

#[test]
fn unknown_tables_columns_and_tokens_are_refused() {
    let connection = trawl_plugin_kube::Kube::open("{}", Recorded::in_order([])).unwrap();
    let unknown = connection.table_schema(&["podz".into()], &[]).unwrap_err();
    assert_eq!(unknown.code, ErrorCode::NotFound);
    assert!(unknown.message.contains("pods"));
    let column = request("pods", vec![path("nope", Type::Utf8)]);
    assert_eq!(
        connection.plan(&column).unwrap_err().code,
        ErrorCode::InvalidQuery
    );
    let output = Collected::default();
    assert_eq!(
        connection.scan("{}", &output).unwrap_err().code,
        ErrorCode::Internal
    );
    for alias in ["po", "pod", "no", "ns", "deploy", "ev"] {
        assert!(connection.table_schema(&[alias.into()], &[]).is_ok());
    }
    assert_eq!(connection.tables(None, None).unwrap().tables.len(), 5);
    assert_eq!(connection.tables(None, Some("n")).unwrap().tables.len(), 2);
}

#[test]
fn rows_without_columns_are_counted() {
    let ran = run(
        &request("pods", vec![]),
        Recorded::in_order([page(&["a", "b"], "")]),
    );
    assert_eq!(ran.rows.len(), 2);
    assert!(ran.plan.explain.ends_with("metadata only"));
}
