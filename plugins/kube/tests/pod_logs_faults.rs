//! Owns what happens when logs are missing, broken or too long. Refuses what is asked for.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed helper is a failed test"
)]

mod common;

use common::filters::{and, eq, within};
use common::logs::{log, messages, of, one, status};
use common::{bytes, run, run_with};
use serde_json::{Value, json};
use trawl_plugin_kube::Kube;
use trawl_sdk::testing::{Answer, Collected, Recorded, request_line};
use trawl_sdk::types::{CompareOp, ErrorCode, Gap, Literal, ScanRequest};
use trawl_sdk::{Error, Session, Source};

#[test]
fn a_container_without_a_log_is_a_note() {
    let waiting = "container \"c\" in pod \"p\" is waiting to start: ContainerCreating";
    let unavailable = Answer::new(404, "application/json", bytes("log-unavailable.json"));
    for (answer, part) in [
        (status(400, "BadRequest", waiting), "ContainerCreating"),
        (unavailable, "pods \"nope\" not found"),
        (Answer::new(204, "text/plain", ""), "on no node yet"),
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
        (Answer::new(200, "text/html", "<html>"), ErrorCode::Protocol),
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
    for (code, gap) in [(400, Gap::Note), (500, Gap::Partial)] {
        let http = Recorded::by(move |request| match request.path[5].as_str() {
            "p0" => log("x\n"),
            _ => status(code, "Reason", "none"),
        });
        let ran = run(&wanted, http);
        ran.result.unwrap();
        assert_eq!((ran.rows.len(), ran.reports.len()), (1, 21));
        assert_eq!(ran.reports[20].0, gap);
        assert!(ran.reports[20].1.starts_with("39 more logs"));
    }
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
