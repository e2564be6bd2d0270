//! Owns what comes of every kind of wrong answer; refuses a network.
use crate::asked::{Ask, label, success, text};
use serde_json::json;
use trawl_sdk::Error;
use trawl_sdk::testing::Answer;
use trawl_sdk::types::{ErrorCode, Gap};

#[test]
fn errors_keep_the_servers_words() {
    let error = |kind: &str, text: &str| {
        json!({"status": "error", "errorType": kind, "error": text}).to_string()
    };
    for (status, body, code, part) in [
        (
            400,
            error("bad_data", "parse error: x"),
            ErrorCode::InvalidQuery,
            "parse error: x",
        ),
        (
            422,
            error("execution", "many-to-many"),
            ErrorCode::InvalidQuery,
            "many-to-many",
        ),
        (
            503,
            error("timeout", "query timed out"),
            ErrorCode::Timeout,
            "timed out",
        ),
        (503, error("canceled", "gone"), ErrorCode::Timeout, "gone"),
        (
            400,
            error("bad_data", "context deadline exceeded"),
            ErrorCode::Timeout,
            "deadline",
        ),
        (
            503,
            error("unavailable", "starting"),
            ErrorCode::Unavailable,
            "starting",
        ),
        (
            500,
            error("internal", "tsdb"),
            ErrorCode::Unavailable,
            "tsdb",
        ),
        (404, error("not_found", "no"), ErrorCode::NotFound, "no"),
        (
            401,
            error("", "no org id"),
            ErrorCode::Unauthenticated,
            "no org id",
        ),
        (
            422,
            error("422", "unknown function"),
            ErrorCode::InvalidQuery,
            "unknown function",
        ),
        (
            200,
            error("bad_data", "late"),
            ErrorCode::InvalidQuery,
            "late",
        ),
        (200, error("odd", "late"), ErrorCode::Protocol, "late"),
        (
            502,
            "<html>".into(),
            ErrorCode::Unavailable,
            "answered 502: `<html>`",
        ),
        (
            504,
            String::new(),
            ErrorCode::Timeout,
            "answered 504: without a word",
        ),
        (200, "<html>".into(), ErrorCode::Protocol, "text/html"),
        (200, String::new(), ErrorCode::Protocol, "EOF"),
        (200, "[]".into(), ErrorCode::Protocol, "an object with"),
        (
            200,
            r#"{"status":"odd","data":{"result":[]}}"#.into(),
            ErrorCode::Protocol,
            "`odd`",
        ),
        (
            401,
            "Unauthorized\n".into(),
            ErrorCode::Unauthenticated,
            "answered 401: `Unauthorized`",
        ),
        (
            403,
            "{}".into(),
            ErrorCode::PermissionDenied,
            "answered 403: `{}`",
        ),
        (
            404,
            "404 page not found".into(),
            ErrorCode::NotFound,
            "answered 404: `404 page not found`",
        ),
        (
            429,
            "slow".into(),
            ErrorCode::RateLimited,
            "answered 429: `slow`",
        ),
        (
            400,
            "bad gateway".into(),
            ErrorCode::Protocol,
            "answered 400: `bad gateway`",
        ),
        (302, String::new(), ErrorCode::Protocol, "302"),
        (
            200,
            r#"{"status":"success"}"#.into(),
            ErrorCode::Protocol,
            "`data`",
        ),
        (
            200,
            r#"{"status":"success","data":{"resultType":"vec"#.into(),
            ErrorCode::Protocol,
            "EOF",
        ),
        (
            200,
            r#"{"status":"success","data":{"resultType":"vector"}}"#.into(),
            ErrorCode::Protocol,
            "`result`",
        ),
    ] {
        let (ran, _) = Ask::promql("up").run([Answer::new(status, "text/html", body)]);
        let error = ran.result.unwrap_err();
        assert_eq!(error.code, code, "{status}: {}", error.message);
        assert!(error.message.contains(part), "{}", error.message);
        assert!(ran.rows.is_empty());
    }
}

#[test]
fn errors_without_the_apis_words_have_the_hint_of_their_status() {
    for (status, hint) in [
        (400, "`url`"),
        (401, "`auth`"),
        (403, "`auth`"),
        (404, "`url`"),
        (429, "requests_in_flight"),
        (502, "that Prometheus runs"),
        (503, "that Prometheus runs"),
        (504, "timeout of the proxy"),
    ] {
        let answer = Answer::new(status, "text/html", "<h1>no</h1>").header("retry-after", "7");
        let (ran, _) = Ask::promql("up").run([answer]);
        let error = ran.result.unwrap_err();
        let said = error.hint.unwrap_or_default();
        assert!(said.contains(hint), "{status}: {said}");
        assert_eq!(
            (error.http_status, error.retry_after_ms),
            (Some(status), Some(7_000))
        );
        assert!(
            !error.message.contains("expected value"),
            "{}",
            error.message
        );
    }
}

#[test]
fn results_that_are_not_numbers() {
    for (answer, code) in [
        (success("string", json!([1, "x"])), ErrorCode::Unsupported),
        (success("streams", json!([])), ErrorCode::Protocol),
        (
            success("vector", json!([{"metric": {}, "value": [1, "x"]}])),
            ErrorCode::Protocol,
        ),
        (
            success("vector", json!([{"metric": {}, "value": [1, 2]}])),
            ErrorCode::Protocol,
        ),
        (
            success("vector", json!([{"metric": {}, "value": ["1", "2"]}])),
            ErrorCode::Protocol,
        ),
        (
            success("vector", json!([{"metric": {}, "value": [1]}])),
            ErrorCode::Protocol,
        ),
        (
            success("vector", json!([{"metric": {"a": 1}, "value": [1, "1"]}])),
            ErrorCode::Protocol,
        ),
        (
            success("vector", json!([{"metric": [], "value": [1, "1"]}])),
            ErrorCode::Protocol,
        ),
        (success("vector", json!(["x"])), ErrorCode::Protocol),
        (success("vector", json!({"a": 1})), ErrorCode::Protocol),
        (success("scalar", json!("1")), ErrorCode::Protocol),
        (success("scalar", json!([1])), ErrorCode::Protocol),
        (
            success(
                "vector",
                json!([{"metric": {}, "histogram": [1, {"count": "1"}]}]),
            ),
            ErrorCode::Protocol,
        ),
    ] {
        let (ran, _) = Ask::promql("up").run([answer.clone()]);
        assert_eq!(ran.result.unwrap_err().code, code, "{answer:?}");
    }
    // Nesting without an end is refused, not followed.
    let deep = format!(r#"{{"status":"success","x":{}"#, "[".repeat(100_000));
    let (ran, _) = Ask::promql("up").run([Answer::json(deep)]);
    assert_eq!(ran.result.unwrap_err().code, ErrorCode::Protocol);
}

#[test]
fn rows_before_a_break_stay() {
    let body = r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"1"]},{"metric":"#;
    let (ran, _) = Ask::promql("up").run([Answer::json(body)]);
    assert_eq!(ran.rows.len(), 1);
    assert_eq!(ran.result.unwrap_err().code, ErrorCode::Protocol);
}

#[test]
fn no_answer_is_the_hosts_error() {
    let gone = Error::new(ErrorCode::Unavailable, "connection refused");
    let (ran, _) = Ask::promql("up").run([Answer::failing(gone.clone())]);
    assert_eq!(ran.result.unwrap_err(), gone);
}

#[test]
fn what_is_said_beside_the_data_is_reported() {
    let body = json!({
        "status": "success",
        "isPartial": true,
        "data": {"resultType": "vector", "result": []},
        "warnings": [
            "results truncated due to limit",
            "store 10.0.0.1 did not answer",
            "PromQL warning: bucket label",
            "1", "2", "3", "4"
        ],
        "infos": ["PromQL info: metric might not be a counter"]
    });
    let (ran, _) = Ask::promql("up").run([Answer::json(body.to_string())]);
    let gaps: Vec<Gap> = ran.reports.iter().map(|(gap, _)| *gap).collect();
    use Gap::{Note, Partial, Truncated};
    assert_eq!(
        gaps,
        [
            Truncated, Partial, Note, Partial, Partial, Partial, Partial, Note
        ]
    );
    assert_eq!(ran.reports[1].1, "store 10.0.0.1 did not answer");
    assert_eq!(ran.reports[5].1, "2 more warnings of Prometheus");
    let none = json!({
        "status": "success", "warnings": null, "infos": null,
        "data": {"resultType": "vector", "result": []}
    });
    let (ran, _) = Ask::promql("up").run([Answer::json(none.to_string())]);
    assert!(ran.result.is_ok() && ran.reports.is_empty());
}

#[test]
fn a_range_that_is_too_large_is_halved() {
    let large = || {
        let text = "query processing would load too many samples into memory in query execution";
        let body = json!({"status": "error", "errorType": "execution", "error": text});
        Answer::new(422, "application/json", body.to_string())
    };
    let part = |at: i64| {
        success(
            "matrix",
            json!([{"metric": {"a": "b"}, "values": [[at, "1"]]}]),
        )
    };
    let ask = Ask::samples()
        .is(text("metric"), "up")
        .is(label("a"), "b")
        .from(0)
        .until(9_999);
    let (ran, requests) = ask.run([large(), large(), part(1), part(3), part(7)]);
    assert_eq!(ran.rows().len(), 3);
    let asked: Vec<&str> = requests
        .iter()
        .map(|line| {
            line.trim_start_matches("GET /api/v1/query?query=")
                .split("&partial")
                .next()
                .unwrap()
        })
        .collect();
    assert_eq!(
        asked,
        [
            r#"up{a="b"}[10s]&time=9.999"#,
            r#"up{a="b"}[5s]&time=4.999"#,
            r#"up{a="b"}[2500ms]&time=2.499"#,
            r#"up{a="b"}[2500ms]&time=4.999"#,
            r#"up{a="b"}[5s]&time=9.999"#,
        ]
    );
    // One millisecond cannot be halved.
    let ask = Ask::samples().is(text("metric"), "up").from(5).until(5);
    let (ran, requests) = ask.run([large()]);
    assert_eq!(
        (requests.len(), ran.result.unwrap_err().code),
        (1, ErrorCode::InvalidQuery)
    );
}
