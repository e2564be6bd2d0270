//! Owns the faults of paging: expired, repeated and empty pages, refusals, broken bodies, limits. Refuses the content of rows.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed helper is a failed test"
)]

mod common;

use common::{Ran, bytes, got, names, page, path, request, run, run_with};
use serde_json::{Value, json};
use trawl_sdk::Error;
use trawl_sdk::schema::Type;
use trawl_sdk::testing::{Answer, Recorded, request_line};
use trawl_sdk::types::{ErrorCode, Gap};

fn expired(token: &str) -> Answer {
    let mut body: Value =
        serde_json::from_slice(&bytes("error-410-continue-expired.json")).unwrap();
    body["metadata"]["continue"] = json!(token);
    Answer::new(410, "application/json", body.to_string())
}

fn failed(ran: &Ran) -> &Error {
    ran.result.as_ref().unwrap_err()
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
fn a_kind_that_every_cluster_has_is_not_absent_but_a_wrong_address() {
    let answer = Answer::new(
        404,
        "text/plain; charset=utf-8",
        bytes("error-404-resource.txt"),
    );
    let ran = run(&names(), Recorded::in_order([answer]));
    let error = failed(&ran);
    assert_eq!(error.code, ErrorCode::NotFound);
    assert!(
        error
            .hint
            .as_ref()
            .unwrap()
            .contains("kubeconfig's context"),
        "{error:?}"
    );
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
fn a_body_cut_anywhere_is_an_error_and_never_rows() {
    let whole = r#"{"kind":"PodList","metadata":{"continue":""},"items":[{"metadata":{"name":"a","x":[1,{"y":"\u00e9"}]},"status":{"phase":"Running"}}]}"#;
    for end in 0..whole.len() {
        let body = &whole.as_bytes()[..end];
        let ran = run(&names(), Recorded::in_order([Answer::json(body)]));
        assert_eq!(failed(&ran).code, ErrorCode::Protocol, "{end}");
        assert!(ran.rows.is_empty());
    }
    assert!(
        run(&names(), Recorded::in_order([Answer::json(whole)]))
            .result
            .is_ok()
    );
}

#[test]
fn deep_json_is_an_error_and_no_overflow() {
    let deep = format!(
        r#"{{"metadata":{{}},"items":[{{"spec":{}}}]}}"#,
        "[".repeat(100_000)
    );
    for wanted in [
        path("spec", Type::Json),
        path("phase", Type::Utf8),
        path("spec.a", Type::Utf8),
    ] {
        let ran = run(
            &request("pods", vec![wanted]),
            Recorded::in_order([Answer::json(deep.clone())]),
        );
        assert_eq!(failed(&ran).code, ErrorCode::Protocol);
    }
}

#[test]
fn a_kind_that_a_cluster_may_lack_is_absent_only_where_a_kubernetes_api_says_so() {
    let wanted = request("hpa", vec![path("name", Type::Utf8)]);
    for (version, absent) in [(200, true), (403, true), (404, false)] {
        let http = Recorded::by(move |request| match request_line(request).as_str() {
            "GET /version" => Answer::new(version, "application/json", "{}"),
            _ => Answer::new(404, "text/plain", "404 page not found"),
        });
        let ran = run(&wanted, http);
        assert_eq!(ran.result.is_ok(), absent, "{version}");
        let reports = ran.reports.iter().filter(|(gap, _)| *gap == Gap::Absent);
        assert_eq!(reports.count(), usize::from(absent), "{version}");
    }
}

#[test]
fn a_forbidden_namespace_among_the_configured_ones_leaves_the_others() {
    let http = Recorded::by(|request| {
        let line = request_line(request);
        if line.starts_with("GET /api/v1/namespaces/free/") {
            page(&["a"], "")
        } else {
            Answer::new(403, "application/json", bytes("error-403.json"))
        }
    });
    let ran = run_with(r#"{"namespaces":["closed","free"]}"#, &names(), http);
    ran.result.as_ref().unwrap();
    assert_eq!(got(&ran), ["a"]);
    let partial = ran.reports.iter().filter(|(gap, _)| *gap == Gap::Partial);
    assert_eq!(partial.count(), 2);
    assert!(ran.reports[1].1.contains("closed"), "{:?}", ran.reports);
}
