//! Owns what is asked of the API for logs, and what comes of their lines. Refuses the cutting of lines, which has unit tests.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed helper is a failed test"
)]

mod common;

use common::{Ran, bytes, own_columns, path, request, run, run_with};
use serde_json::{Value, json};
use trawl_plugin_kube::Kube;
use trawl_sdk::schema::Type;
use trawl_sdk::testing::{Answer, Collected, Recorded, request_line};
use trawl_sdk::types::{
    CompareExpr, CompareOp, ErrorCode, Expr, Gap, InSetExpr, Literal, Pushed, Request, ScanRequest,
    SortKey,
};
use trawl_sdk::{Error, Session, Source};

const TABLE: &str = "pod_logs";
/// 2026-11-21T08:26:15Z
const T: i64 = 1_795_249_575_000_000_000;
const SECOND: i64 = 1_000_000_000;

/// Adds `where column op literal`.
fn and(mut request: ScanRequest, column: &str, op: CompareOp, literal: Literal) -> ScanRequest {
    let of = match literal {
        Literal::Boolean(_) => Type::Bool,
        Literal::TimestampNs(_) => Type::Timestamp,
        _ => Type::Utf8,
    };
    let at = u32::try_from(request.filters.nodes.len()).unwrap();
    request.filters.nodes.extend([
        Expr::ColumnRef(u32::try_from(request.refs.len()).unwrap()),
        Expr::Value(literal),
        Expr::Compare(CompareExpr {
            op,
            left: at,
            right: at + 1,
        }),
    ]);
    request.filters.roots.push(at + 2);
    request.refs.push(path(column, of));
    request
}

fn eq(request: ScanRequest, column: &str, value: &str) -> ScanRequest {
    and(request, column, CompareOp::Eq, Literal::Utf8(value.into()))
}

/// Adds `where column in (values)`.
fn within(mut request: ScanRequest, column: &str, values: &[&str]) -> ScanRequest {
    let at = u32::try_from(request.filters.nodes.len()).unwrap();
    request.filters.nodes.extend([
        Expr::ColumnRef(u32::try_from(request.refs.len()).unwrap()),
        Expr::InSet(InSetExpr {
            value: at,
            items: values.iter().map(|&v| Literal::Utf8(v.into())).collect(),
            negated: false,
        }),
    ]);
    request.filters.roots.push(at + 1);
    request.refs.push(path(column, Type::Utf8));
    request
}

fn at(request: ScanRequest, op: CompareOp, time: i64) -> ScanRequest {
    and(request, "timestamp", op, Literal::TimestampNs(time))
}

fn of(columns: &[&str]) -> ScanRequest {
    let all = own_columns(TABLE).into_iter();
    request(
        TABLE,
        all.filter(|column| columns.contains(&column.name.as_str()))
            .collect(),
    )
}

/// Messages of the present instance of one container that is named.
fn one() -> ScanRequest {
    let request = eq(eq(of(&["message"]), "namespace", "a"), "pod", "p");
    let request = eq(request, "container", "c");
    and(request, "previous", CompareOp::Eq, Literal::Boolean(false))
}

fn log(text: impl Into<String>) -> Answer {
    Answer::new(200, "text/plain", text.into())
}

/// Lines of one second after the other.
fn seconds(numbers: std::ops::Range<i64>) -> String {
    numbers
        .map(|second| format!("2026-11-21T08:26:{:02}.500000000Z m{second}\n", 15 + second))
        .collect()
}

fn messages(ran: &Ran) -> Vec<&str> {
    ran.rows
        .iter()
        .map(|row| row["message"].as_str().unwrap())
        .collect()
}

fn status(code: u16, reason: &str, message: &str) -> Answer {
    let status = json!({"kind": "Status", "status": "Failure", "reason": reason, "message": message, "code": code});
    Answer::new(code, "application/json", status.to_string())
}

const ONE: &str = "GET /api/v1/namespaces/a/pods/p/log?container=c&timestamps=true";

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
    let wanted = eq(wanted, "labels.app.kubernetes.io/component", "api");
    // A key with dots is one step.
    let mut wanted = wanted;
    wanted.refs[1].name = "labels".into();
    wanted.refs[1].path = vec![trawl_sdk::types::PathStep::Key(
        "app.kubernetes.io/component".into(),
    )];
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
fn a_container_without_a_log_is_a_note() {
    let waiting = "container \"c\" in pod \"p\" is waiting to start: ContainerCreating";
    let unavailable = Answer::new(404, "application/json", bytes("log-unavailable.json"));
    for (answer, part) in [
        (status(400, "BadRequest", waiting), "ContainerCreating"),
        (unavailable, "pods \"nope\" not found"),
    ] {
        let ran = run(&one(), Recorded::in_order([answer]));
        ran.result.unwrap();
        let [(Gap::Note, note)] = ran.reports.as_slice() else {
            panic!("{:?}", ran.reports)
        };
        assert!(note.contains(part) && note.contains("a/p (c)"), "{note}");
    }
}

#[test]
fn a_previous_instance_is_missed_only_when_it_was_asked_for() {
    let http = || {
        Recorded::by(|request| {
            if request_line(request).contains("previous") {
                let text = "previous terminated container \"c\" in pod \"p\" not found";
                status(400, "BadRequest", text)
            } else {
                log("x\n")
            }
        })
    };
    let mut both = one();
    both.filters.roots.pop();
    let ran = run(&both, http());
    assert!(ran.result.is_ok() && ran.reports.is_empty() && ran.rows.len() == 1);
    let before = and(both, "previous", CompareOp::Eq, Literal::Boolean(true));
    let ran = run(&before, http());
    assert!(ran.result.is_ok() && ran.rows.is_empty());
    assert!(matches!(ran.reports.as_slice(), [(Gap::Note, note)] if note.contains("previous")));
}

/// `namespace in (a, b) and pod == p and container == c and not previous`
fn in_two_namespaces() -> ScanRequest {
    let wanted = within(of(&["namespace"]), "namespace", &["a", "b"]);
    let wanted = eq(eq(wanted, "pod", "p"), "container", "c");
    and(wanted, "previous", CompareOp::Eq, Literal::Boolean(false))
}

#[test]
fn what_fails_takes_nothing_else_with_it() {
    let dead = "Get \"https://10.0.0.1:10250/containerLogs\": dial tcp: i/o timeout";
    let timeout = Error::new(ErrorCode::Timeout, "nothing came within 10 s");
    for (answer, part) in [
        (
            status(403, "Forbidden", "pods \"p\" is forbidden"),
            "namespace a",
        ),
        (status(500, "InternalError", dead), "i/o timeout"),
        (Answer::failing(timeout), "nothing came"),
        (Answer::new(404, "text/plain", "404 page not found"), "404"),
    ] {
        let http = Recorded::by(move |request| match request.path[3].as_str() {
            "a" => answer.clone(),
            _ => log("x\n"),
        });
        let ran = run(&in_two_namespaces(), http);
        ran.result.unwrap();
        assert_eq!(ran.rows, [json!({"namespace": "b"})]);
        let [(Gap::Partial, told)] = ran.reports.as_slice() else {
            panic!("{:?}", ran.reports)
        };
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn when_nothing_could_be_read_the_target_failed() {
    for (answer, code) in [
        (status(403, "Forbidden", "no"), ErrorCode::PermissionDenied),
        (status(500, "InternalError", "no"), ErrorCode::Unavailable),
        (
            Answer::new(404, "text/plain", "404 page not found"),
            ErrorCode::NotFound,
        ),
        (
            status(401, "Unauthorized", "no"),
            ErrorCode::Unauthenticated,
        ),
        (
            Answer::new(429, "text/plain", bytes("error-429.txt")),
            ErrorCode::RateLimited,
        ),
    ] {
        let ran = run(&in_two_namespaces(), Recorded::by(move |_| answer.clone()));
        assert_eq!(ran.result.unwrap_err().code, code);
    }
    let refused = Error::new(ErrorCode::PermissionDenied, "not approved").with_hint("approve it");
    let error = run(
        &in_two_namespaces(),
        Recorded::by(move |_| Answer::failing(refused.clone())),
    )
    .result
    .unwrap_err();
    assert_eq!(error.hint.as_deref(), Some("approve it"));
}

#[test]
fn a_server_that_is_gone_is_not_asked_for_every_log() {
    let pods: Vec<String> = (0..50).map(|n| format!("p{n}")).collect();
    let pods: Vec<&str> = pods.iter().map(String::as_str).collect();
    let wanted = within(eq(of(&["message"]), "namespace", "a"), "pod", &pods);
    let wanted = eq(wanted, "container", "c");
    let wanted = and(wanted, "previous", CompareOp::Eq, Literal::Boolean(false));
    let gone = Error::new(ErrorCode::Unavailable, "connection refused");
    let ran = run(
        &wanted,
        Recorded::by(move |_| Answer::failing(gone.clone())),
    );
    assert_eq!(ran.result.unwrap_err().code, ErrorCode::Unavailable);
    assert!(ran.requests.len() < 20, "{}", ran.requests.len());
}

#[test]
fn many_notes_are_counted() {
    let pods: Vec<String> = (0..60).map(|n| format!("p{n}")).collect();
    let pods: Vec<&str> = pods.iter().map(String::as_str).collect();
    let wanted = within(eq(of(&["message"]), "namespace", "a"), "pod", &pods);
    let wanted = eq(wanted, "container", "c");
    let wanted = and(wanted, "previous", CompareOp::Eq, Literal::Boolean(true));
    let ran = run(&wanted, Recorded::by(|_| status(400, "BadRequest", "none")));
    ran.result.unwrap();
    assert_eq!(ran.reports.len(), 21);
    assert!(
        ran.reports[20].1.contains("40 more logs"),
        "{:?}",
        ran.reports[20]
    );
}

#[test]
fn a_long_log_is_cut_and_says_so() {
    let line = format!("2026-11-21T08:26:15Z {}\n", "x".repeat(1000));
    let body = line.repeat(2000);
    let ran = run_with(
        r#"{"log_bytes":100000}"#,
        &one(),
        Recorded::by(move |_| log(body.clone())),
    );
    ran.result.unwrap();
    assert!((90..300).contains(&ran.rows.len()), "{}", ran.rows.len());
    assert!(
        ran.rows
            .iter()
            .all(|row| row["message"].as_str().unwrap().len() == 1000)
    );
    assert!(
        matches!(ran.reports.as_slice(), [(Gap::Truncated, told)] if told.contains("`log_bytes`"))
    );
}

#[test]
fn too_many_pods_are_cut_and_say_so() {
    let wanted = eq(eq(of(&["pod"]), "namespace", "a"), "labels.x", "y");
    let http = Recorded::by(|request| match request.path.last().unwrap().as_str() {
        "log" => log("x\n"),
        _ => {
            let items: Vec<Value> = (0..5)
                .map(|n| json!({"metadata": {"name": format!("p{n}"), "namespace": "a"}, "spec": {"containers": [{"name": "c"}]}}))
                .collect();
            Answer::json(json!({"metadata": {"continue": "t"}, "items": items}).to_string())
        }
    });
    let ran = run_with(r#"{"log_pods":3}"#, &wanted, http);
    ran.result.unwrap();
    assert_eq!(ran.rows.len(), 3);
    assert!(ran.requests[0].contains("limit=4"), "{}", ran.requests[0]);
    assert!(
        matches!(ran.reports.as_slice(), [(Gap::Truncated, told)] if told.contains("`log_pods`"))
    );
}

#[test]
fn no_pod_is_a_note() {
    let wanted = eq(eq(of(&["pod"]), "namespace", "a"), "labels.x", "y");
    let ran = run(
        &wanted,
        Recorded::in_order([Answer::json(r#"{"metadata":{},"items":[]}"#)]),
    );
    assert!(ran.result.is_ok() && ran.rows.is_empty());
    assert!(matches!(ran.reports.as_slice(), [(Gap::Note, _)]));
    // A value that no label can have is no pod's.
    let never = eq(
        eq(of(&["pod"]), "namespace", "a"),
        "labels.x",
        "not a value!",
    );
    let ran = run(&never, Recorded::in_order([]));
    assert!(ran.result.is_ok() && ran.requests.is_empty());
}

#[test]
fn pieces_of_long_lines_are_told() {
    let limited = ScanRequest {
        limit: Some(3),
        ..one()
    };
    let body = format!("2026-11-21T08:26:15Z {}\n", "x".repeat(20_000));
    let ran = run(&limited, Recorded::in_order([log(body.clone())]));
    assert!(
        matches!(ran.reports.as_slice(), [(Gap::Truncated, told)] if told.contains("in pieces"))
    );
    let ran = run(&limited, Recorded::in_order([log(body.repeat(3))]));
    assert!(ran.reports.is_empty() && ran.rows.len() == 3);
}

#[test]
fn what_was_cut_or_replaced_is_told_once() {
    let body = [
        b"2026-11-21T08:26:15Z a\xffb\n".as_slice(),
        b"2026-11-21T08:26:15Z \xfe\n",
        &[b'x'; 600_000],
        b"\n",
    ]
    .concat();
    let ran = run(
        &one(),
        Recorded::in_order([Answer::new(200, "text/plain", body)]),
    );
    ran.result.as_ref().unwrap();
    assert_eq!(&messages(&ran)[..2], ["a\u{fffd}b", "\u{fffd}"]);
    assert_eq!(messages(&ran)[2].len(), 256 << 10);
    let [(Gap::Truncated, cut), (Gap::Note, replaced)] = ran.reports.as_slice() else {
        panic!("{:?}", ran.reports)
    };
    assert!(cut.starts_with("1 lines") && replaced.starts_with("2 lines"));
}

#[test]
fn stop_ends_the_reading() {
    let http = Recorded::by(|_| log("x\n"));
    let connection = Kube::open("{}", http.clone()).unwrap();
    let pods: Vec<String> = (0..40).map(|n| format!("p{n}")).collect();
    let pods: Vec<&str> = pods.iter().map(String::as_str).collect();
    let wanted = within(eq(of(&["message"]), "namespace", "a"), "pod", &pods);
    let wanted = eq(wanted, "container", "c");
    let plan = connection.plan(&wanted).unwrap();
    let output = Collected::new(plan.schema.clone()).stopping_after(1);
    connection.scan(&plan.partitions[0], &output).unwrap();
    assert_eq!(output.rows().len(), 1);
    assert_eq!(http.requests().len(), 8);
}

#[test]
fn what_it_calls_is_declared() {
    let operations = &Kube::describe().endpoints[0].operations;
    let log = "/api/v1/namespaces/{namespace}/pods/{pod}/log";
    assert!(operations.iter().any(|known| known.path == log));
}
