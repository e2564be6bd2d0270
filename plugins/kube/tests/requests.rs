//! Owns what is asked of the API for filters and limits, and what is never asked. Refuses faults and the content of rows.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed helper is a failed test"
)]

mod common;

use common::{eq, filtered, got, names, page, path, request, run};
use trawl_sdk::schema::Type;
use trawl_sdk::testing::{Answer, Collected, Recorded};
use trawl_sdk::types::{ErrorCode, Expr, InSetExpr, Literal, Pushed, ScanRequest};
use trawl_sdk::{Session, Source};

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
fn pods_come_as_protobuf_and_what_may_be_younger_than_our_tables_as_json() {
    let connection = trawl_plugin_kube::Kube::open("{}", Recorded::in_order([])).unwrap();
    for (table, column, of, encoding) in [
        ("pods", "phase", Type::Utf8, "Protobuf"),
        ("pods", "spec", Type::Json, "Json"),
        ("containers", "image", Type::Utf8, "Json"),
        ("containers", "spec", Type::Json, "Json"),
        ("containers", "spec.younger", Type::Utf8, "Json"),
    ] {
        let wanted = request(table, vec![path("name", Type::Utf8), path(column, of)]);
        let plan = connection.plan(&wanted).unwrap();
        let expected = format!("\"encoding\":\"{encoding}\"");
        assert!(
            plan.partitions[0].contains(&expected),
            "{table}.{column}: {}",
            plan.partitions[0]
        );
    }
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
    let nothing = Answer::json(r#"{"kind":"APIGroupDiscoveryList","items":[]}"#);
    let http = Recorded::in_order([nothing.clone(), nothing]);
    let connection = trawl_plugin_kube::Kube::open("{}", http).unwrap();
    let unknown = connection.table_schema(&["podz".into()], &[]).unwrap_err();
    assert_eq!(unknown.code, ErrorCode::NotFound);
    assert!(unknown.message.contains("podz"));
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
}

#[test]
fn tables_are_found_by_each_of_their_names() {
    let connection = trawl_plugin_kube::Kube::open("{}", Recorded::in_order([])).unwrap();
    let all = connection.tables(None, None).unwrap().tables;
    for table in &all {
        let schema = |name: &String| connection.table_schema(std::slice::from_ref(name), &[]);
        let own = schema(&table.path[0]).unwrap();
        assert!(own.schema.fields.len() > 5, "{:?}", table.path);
        for alias in &table.aliases {
            assert_eq!(schema(alias).unwrap(), own, "{alias}");
        }
    }
    let named = |prefix| connection.tables(None, Some(prefix)).unwrap().tables;
    let names: Vec<_> = named("cron")
        .into_iter()
        .flat_map(|table| table.path)
        .collect();
    assert_eq!(names, ["cronjobs"]);
    assert_eq!(named("").len(), all.len());
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
