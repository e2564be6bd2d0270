//! Owns what is asked of the API for logs, and whose lines come. Refuses the cutting of lines, which has unit tests, and faults.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed helper is a failed test"
)]

mod common;

use common::filters::{and, at, eq, within};
use common::logs::{ONE, SECOND, T, TABLE, log, messages, of, one, seconds};
use common::{bytes, path, run};
use serde_json::{Value, json};
use trawl_plugin_kube::Kube;
use trawl_sdk::schema::Type;
use trawl_sdk::testing::{Answer, Recorded, request_line};
use trawl_sdk::types::{
    CompareOp, ErrorCode, Gap, Literal, PathStep, Pushed, Request, ScanRequest, SortKey,
};
use trawl_sdk::{Session, Source};

#[test]
fn lines_of_a_named_container_are_one_request() {
    let columns = [
        "namespace",
        "pod",
        "container",
        "previous",
        "timestamp",
        "message",
    ];
    let wanted = ScanRequest {
        projection: of(&columns).projection,
        ..one()
    };
    let text = "2026-11-21T08:26:15.000000001Z first\r\n2026-11-21T08:26:16Z \nrpc error: no log\n2026-11-21T08:26:17Z last";
    let ran = run(&wanted, Recorded::in_order([log(text)]));
    ran.result.unwrap();
    let row = |timestamp: Value, message: &str| json!({"namespace": "a", "pod": "p", "container": "c", "previous": false, "timestamp": timestamp, "message": message});
    assert_eq!(
        ran.rows,
        [
            row(json!(T + 1), "first"),
            row(json!(T + SECOND), ""),
            row(Value::Null, "rpc error: no log"),
            row(json!(T + 2 * SECOND), "last"),
        ]
    );
    assert_eq!(ran.requests, [ONE]);
    assert_eq!(ran.plan.filters, [Pushed::Exact; 4]);
    assert_eq!(ran.plan.explain, ONE);
    assert!(ran.reports.is_empty());
}

#[test]
fn a_query_must_say_whose_logs_it_wants() {
    let connection = Kube::open("{}", Recorded::in_order([])).unwrap();
    let all = || of(&["message"]);
    for (wanted, missing) in [
        (all(), "on `namespace`"),
        (eq(all(), "pod", "p"), "on `namespace`"),
        (eq(all(), "namespace", "a"), "on `pod` or one of `labels`"),
        (eq(eq(all(), "namespace", "a"), "container", "c"), "`pod`"),
        (
            and(
                eq(all(), "namespace", "a"),
                "pod",
                CompareOp::Ne,
                Literal::Utf8("p".into()),
            ),
            "`pod`",
        ),
    ] {
        let error = connection.plan(&wanted).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidQuery);
        assert!(error.message.contains(missing), "{}", error.message);
        assert!(error.hint.unwrap().contains("pod_logs | where"));
    }
    let detail = connection.table_schema(&[TABLE.into()], &[]).unwrap();
    assert_eq!(
        detail.required_filters,
        [
            vec!["namespace".to_owned()],
            vec!["pod".into(), "labels".into()]
        ]
    );
}

#[test]
fn times_are_asked_for_in_whole_seconds_and_cut_here() {
    let body = seconds(0..5);
    for (bounds, since, expected) in [
        (
            vec![(CompareOp::Ge, T + SECOND)],
            Some(16),
            vec!["m1", "m2", "m3", "m4"],
        ),
        (
            vec![(CompareOp::Ge, T + 2 * SECOND + SECOND / 2)],
            Some(17),
            vec!["m2", "m3", "m4"],
        ),
        (
            vec![(CompareOp::Gt, T + 2 * SECOND + SECOND / 2)],
            Some(17),
            vec!["m3", "m4"],
        ),
        (vec![(CompareOp::Le, T + SECOND / 2)], None, vec!["m0"]),
        (vec![(CompareOp::Lt, T + SECOND / 2)], None, vec![]),
        (
            vec![(CompareOp::Eq, T + 3 * SECOND + SECOND / 2)],
            Some(18),
            vec!["m3"],
        ),
        (
            vec![
                (CompareOp::Ge, T),
                (CompareOp::Gt, T + SECOND),
                (CompareOp::Lt, T + 3 * SECOND),
                (CompareOp::Le, T + 9 * SECOND),
            ],
            Some(16),
            vec!["m1", "m2"],
        ),
    ] {
        let wanted = bounds
            .iter()
            .fold(one(), |wanted, (op, time)| at(wanted, *op, *time));
        let ran = run(&wanted, Recorded::in_order([log(body.clone())]));
        ran.result.as_ref().unwrap();
        assert_eq!(messages(&ran), expected, "{bounds:?}");
        assert!(
            ran.plan
                .filters
                .iter()
                .all(|pushed| *pushed == Pushed::Exact)
        );
        let since = since.map_or(String::new(), |s| {
            format!("&sinceTime=2026-11-21T08:26:{s}Z")
        });
        assert_eq!(ran.requests, [format!("{ONE}{since}")]);
    }
}

#[test]
fn a_time_that_cannot_be_is_not_asked_for() {
    for bounds in [
        [(CompareOp::Gt, i64::MAX), (CompareOp::Ge, 0)],
        [(CompareOp::Lt, i64::MIN), (CompareOp::Ge, 0)],
        [(CompareOp::Lt, T), (CompareOp::Gt, T)],
    ] {
        let wanted = bounds
            .iter()
            .fold(one(), |wanted, (op, time)| at(wanted, *op, *time));
        let ran = run(&wanted, Recorded::in_order([]));
        assert!(ran.result.is_ok() && ran.requests.is_empty());
        assert!(ran.plan.explain.contains("nothing"));
    }
}

#[test]
fn a_log_is_left_when_it_is_past_the_time() {
    // A minute of disorder is waited for; what comes after it is not.
    let wanted = at(one(), CompareOp::Le, T + SECOND);
    let body = "2026-11-21T08:26:15Z a\n2026-11-21T08:27:16Z late\n2026-11-21T08:26:16Z b\n2026-11-21T08:27:16.1Z end\n2026-11-21T08:26:16Z never\n";
    let ran = run(&wanted, Recorded::in_order([log(body)]));
    assert_eq!(messages(&ran), ["a", "b"]);
}

#[test]
fn a_limit_asks_for_the_end_of_the_log() {
    let limited = |wanted| ScanRequest {
        limit: Some(3),
        ..wanted
    };
    let ran = run(&limited(one()), Recorded::in_order([log(seconds(0..5))]));
    assert_eq!(messages(&ran), ["m0", "m1", "m2"]);
    assert_eq!(ran.plan.limit, Pushed::Exact);
    assert_eq!(ran.requests, [format!("{ONE}&tailLines=3")]);
    // After the wanted time the end of the log is of no use.
    let until = at(limited(one()), CompareOp::Le, T + 9 * SECOND);
    let ran = run(&until, Recorded::in_order([log(seconds(0..5))]));
    assert_eq!((ran.rows.len(), ran.plan.limit), (3, Pushed::Exact));
    assert_eq!(ran.requests, [ONE]);
    // What the host filters may take any line.
    let filtered = eq(limited(one()), "message", "m4");
    let ran = run(&filtered, Recorded::in_order([log(seconds(0..5))]));
    assert_eq!((ran.rows.len(), ran.plan.limit), (5, Pushed::NotPushed));
    assert_eq!(ran.requests, [ONE]);
    let none = ScanRequest {
        limit: Some(0),
        ..one()
    };
    let ran = run(&none, Recorded::in_order([]));
    assert!(ran.result.is_ok() && ran.requests.is_empty());
}

#[test]
fn the_latest_lines_are_the_end_of_the_log_and_some() {
    let top = |descending, nulls_first| {
        let mut wanted = one();
        wanted.sort = vec![SortKey {
            column: u32::try_from(wanted.refs.len()).unwrap(),
            descending,
            nulls_first,
        }];
        wanted.refs.push(path("timestamp", Type::Timestamp));
        wanted.limit = Some(2);
        wanted
    };
    let ran = run(&top(true, false), Recorded::in_order([log(seconds(0..5))]));
    assert_eq!((ran.plan.limit, ran.plan.sorted), (Pushed::Inexact, false));
    // The host sorts and cuts; it gets all that came.
    assert_eq!(ran.rows.len(), 5);
    assert_eq!(ran.requests, [format!("{ONE}&tailLines=102")]);
    for wanted in [
        top(false, false),
        top(true, true),
        at(top(true, false), CompareOp::Lt, T),
    ] {
        let ran = run(&wanted, Recorded::in_order([log("")]));
        assert_eq!(
            (ran.plan.limit, ran.requests),
            (Pushed::NotPushed, vec![ONE.to_owned()])
        );
    }
}

#[test]
fn both_instances_are_lines_of_the_table() {
    let mut both = one();
    both.filters.roots.pop();
    both.projection = of(&["previous", "message"]).projection;
    let http = || {
        Recorded::by(|request| {
            let previous = request_line(request).contains("previous=true");
            log(if previous { "old\n" } else { "new\n" })
        })
    };
    let ran = run(&both, http());
    assert_eq!(
        ran.rows,
        [
            json!({"previous": false, "message": "new"}),
            json!({"previous": true, "message": "old"})
        ]
    );
    assert_eq!(
        ran.requests,
        [ONE.to_owned(), format!("{ONE}&previous=true")]
    );
    for (op, value, expected) in [
        (CompareOp::Eq, true, "old"),
        (CompareOp::Ne, true, "new"),
        (CompareOp::Ne, false, "old"),
    ] {
        let wanted = and(both.clone(), "previous", op, Literal::Boolean(value));
        let ran = run(&wanted, http());
        assert_eq!(messages(&ran), [expected]);
        assert_eq!(ran.plan.filters.last(), Some(&Pushed::Exact));
    }
}

/// The pods of a recording, then logs that tell which one they are.
fn selected(request: &Request) -> Answer {
    match request.path.last().map(String::as_str) {
        Some("log") => {
            let query = |key: &str| request.query.iter().find(|(k, _)| k == key).map(|(_, v)| v);
            log(format!(
                "{} {}{}\n",
                request.path[5].rsplit('-').next().unwrap(),
                query("container").unwrap(),
                query("previous").map_or("", |_| " previous"),
            ))
        }
        _ if request.query.iter().any(|(key, _)| key == "continue") => {
            Answer::json(r#"{"kind":"PodList","metadata":{},"items":[]}"#)
        }
        _ => Answer::json(bytes("pods-label-selector.json")),
    }
}

#[test]
fn a_label_lists_the_pods_and_reads_all_their_containers() {
    let wanted = eq(of(&["message"]), "namespace", "argocd");
    // A key with dots is one step.
    let mut wanted = eq(wanted, "labels.app.kubernetes.io/component", "api");
    wanted.refs[1].path = vec![PathStep::Key("app.kubernetes.io/component".into())];
    wanted.refs[1].name = "labels".into();
    let ran = run(&wanted, Recorded::by(selected));
    ran.result.as_ref().unwrap();
    assert_eq!(ran.plan.filters, [Pushed::Exact; 2]);
    // One container was restarted: it has a log of the instance before.
    assert_eq!(
        messages(&ran),
        [
            "4hbhg billing-api-274",
            "4hbhg envoy",
            "4hbhg log-shipper",
            "56dn9 billing-api-274",
            "56dn9 billing-api-274 previous",
            "56dn9 envoy",
            "56dn9 log-shipper",
            "5x4wp billing-api-274",
            "5x4wp envoy",
            "5x4wp log-shipper",
        ]
    );
    assert_eq!(
        ran.requests[0],
        "GET /api/v1/namespaces/argocd/pods?limit=201&labelSelector=app.kubernetes.io/component=api"
    );
    assert!(
        ran.plan.explain.contains("are listed before"),
        "{}",
        ran.plan.explain
    );
    // Several are under way before the first is read.
    let first_end = ran
        .events
        .iter()
        .position(|e| e.starts_with("end ") && e.contains("/log?"));
    let started = ran.events[..first_end.unwrap()]
        .iter()
        .filter(|event| event.starts_with("start ") && event.contains("/log?"));
    assert_eq!(started.count(), 8);
}

#[test]
fn only_containers_that_were_restarted_are_asked_for_their_instance_before() {
    let wanted = eq(of(&["message"]), "namespace", "argocd");
    let mut wanted = eq(wanted, "labels.app.kubernetes.io/component", "api");
    wanted.refs[1].path = vec![PathStep::Key("app.kubernetes.io/component".into())];
    wanted.refs[1].name = "labels".into();
    let wanted = and(wanted, "previous", CompareOp::Eq, Literal::Boolean(true));
    let ran = run(&wanted, Recorded::by(selected));
    ran.result.as_ref().unwrap();
    assert_eq!(messages(&ran), ["56dn9 billing-api-274 previous"]);
    assert!(
        matches!(ran.reports.as_slice(), [(Gap::Note, note)] if note.starts_with("8 containers"))
    );
}

#[test]
fn labels_of_the_pod_and_containers_by_name() {
    let wanted = eq(of(&["container", "labels"]), "namespace", "argocd");
    let wanted = eq(wanted, "pod", "billing-api-274-4500c6eefd-56dn9");
    let wanted = within(wanted, "container", &["envoy", "log-shipper", "other"]);
    let wanted = and(
        wanted,
        "container",
        CompareOp::Ne,
        Literal::Utf8("envoy".into()),
    );
    let http = Recorded::by(|request| match request.path.last().unwrap().as_str() {
        "log" => log("x\n"),
        _ => {
            let mut list = common::json("pods-label-selector.json");
            let items = list["items"].as_array_mut().unwrap();
            items.retain(|item| item["metadata"]["name"] == "billing-api-274-4500c6eefd-56dn9");
            list["metadata"]["continue"] = json!("");
            Answer::json(list.to_string())
        }
    });
    let ran = run(&wanted, http);
    ran.result.as_ref().unwrap();
    assert_eq!(ran.rows.len(), 1);
    assert_eq!(ran.rows[0]["container"], "log-shipper");
    assert_eq!(ran.rows[0]["labels"]["app.kubernetes.io/component"], "api");
    assert_eq!(
        ran.requests[0],
        "GET /api/v1/namespaces/argocd/pods?limit=201&fieldSelector=metadata.name=billing-api-274-4500c6eefd-56dn9"
    );
    assert_eq!(ran.plan.filters, [Pushed::Exact; 4]);
}

#[test]
fn several_pods_and_namespaces() {
    let wanted = within(of(&["namespace", "pod"]), "namespace", &["a", "b"]);
    let wanted = within(wanted, "pod", &["p", "q", "NOT/a/pod", ".."]);
    let wanted = eq(wanted, "container", "c");
    let wanted = and(wanted, "previous", CompareOp::Eq, Literal::Boolean(false));
    let ran = run(&wanted, Recorded::by(|_| log("x\n")));
    let asked: Vec<_> = ran
        .rows
        .iter()
        .map(|row| {
            format!(
                "{}/{}",
                row["namespace"].as_str().unwrap(),
                row["pod"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(asked, ["a/p", "a/q", "b/p", "b/q"]);
    assert!(ran.plan.explain.contains("1 more"), "{}", ran.plan.explain);
}

#[test]
fn more_containers_than_a_token_holds_are_left_to_the_host() {
    let names: Vec<String> = (0..65).map(|n| format!("c{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let wanted = eq(eq(of(&["message"]), "namespace", "a"), "pod", "p");
    let connection = Kube::open("{}", Recorded::in_order([])).unwrap();
    for (names, expected) in [
        (&names[..64], Pushed::Exact),
        (&names[..], Pushed::NotPushed),
    ] {
        let plan = connection
            .plan(&within(wanted.clone(), "container", names))
            .unwrap();
        assert_eq!(plan.filters[2], expected);
    }
}

#[test]
fn what_it_calls_is_declared() {
    let operations = &Kube::describe().endpoints[0].operations;
    let log = "/api/v1/namespaces/{namespace}/pods/{pod}/log";
    assert!(operations.iter().any(|known| known.path == log));
}
