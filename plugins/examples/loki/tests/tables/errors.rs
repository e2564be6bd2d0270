//! Owns the tests of what goes wrong: at the plugin before anything is asked, and at what answers. Refuses right answers.

use loki_fake as fake;
use trawl_sdk::testing::{Answer, Recorded};
use trawl_sdk::types::{CompareOp, ErrorCode, Gap, Literal, TextOp};

use crate::asked::{Asked, Condition, NOW, SECOND, run, transport, utf8};

fn logs() -> Asked {
    Asked::of(&["logs"], &["line"])
}

#[test]
fn a_query_must_name_its_streams() {
    let http = transport(fake::story(NOW));
    let contains = Condition::Text(TextOp::Contains, "x", false, false);
    for asked in [
        logs(),
        logs().filter("line", &contains),
        logs().filter("labels.app", &Condition::IsNull),
        logs().filter("labels.app", &Condition::In(vec!["x"], true)),
        logs().equal("labels.app", ""),
        logs().equal("metadata.trace_id", "x"),
        logs().equal("level", "error"),
        Asked::of(&["series"], &["labels"]).equal("labels.app", ""),
    ] {
        let error = run(&http, "", &asked).err().unwrap();
        assert_eq!(error.code, ErrorCode::InvalidQuery);
        assert!(
            error.message.contains("labels.app == \"web\""),
            "{}",
            error.message
        );
        assert!(error.hint.unwrap().contains(".+"));
    }
    assert!(http.requests().is_empty(), "nothing was asked");
}

#[test]
fn wrong_arguments_are_told() {
    let http = transport(fake::story(NOW));
    let query =
        |table: &[&str], text: &str| Asked::of(table, &["timestamp"]).argument("query", utf8(text));
    let rate = r#"rate({app="web"}[5m])"#;
    for (asked, words) in [
        (query(&["logs"], rate), "gives entries"),
        (query(&["samples"], r#"{app="web"}"#), "gives samples"),
        (
            query(&[], r#"{app="web"}"#).argument("step", Literal::DurationNs(SECOND)),
            "`time` and `step` only",
        ),
        (
            query(&[], rate).argument("step", Literal::DurationNs(1)),
            "whole milliseconds",
        ),
        (
            query(&[], rate)
                .argument("step", Literal::DurationNs(SECOND))
                .argument("time", Literal::TimestampNs(NOW)),
            "got both",
        ),
        (
            query(&[], rate)
                .argument("step", Literal::DurationNs(1_000_000))
                .argument("start", Literal::TimestampNs(NOW - 3_600_000 * SECOND)),
            "range of at most",
        ),
        (
            query(&["logs"], r#"{app="web"}"#).argument("nope", Literal::Null),
            "got `nope`",
        ),
        (
            query(&["logs"], r#"{app="web"}"#).time(CompareOp::Lt, NOW - 7_200 * SECOND),
            "says from when on",
        ),
        (query(&["stats"], "x"), "got `query`"),
        (
            Asked::of(&["stats"], &["bytes"]),
            "expected the argument `match`",
        ),
        (
            Asked::of(&["nope"], &[]),
            "its default table, build, label_values, labels, logs, samples, series, stats",
        ),
        (
            query(&["logs"], r#"{app="web"}"#)
                .equal("line", "x")
                .limit(1),
            "",
        ),
    ] {
        match run(&http, "", &asked) {
            Ok(_) => assert_eq!(words, ""),
            Err(error) => assert!(
                !words.is_empty() && error.message.contains(words),
                "{}",
                error.message
            ),
        }
    }
}

#[test]
fn lokis_words_are_passed_on() {
    let http = transport(fake::story(NOW));
    let wrong = Asked::of(&[], &["line"]).argument("query", utf8(r#"{app="web"} |> nope"#));
    let error = run(&http, "", &wrong).err().unwrap();
    assert_eq!(
        (error.code, error.http_status),
        (ErrorCode::InvalidQuery, Some(400))
    );
    assert!(
        error.message.contains("parse error at line 1, col 14"),
        "{}",
        error.message
    );
    let wanted = || logs().equal("labels.app", "web");
    for (answer, code) in [
        (
            Answer::new(401, "text/plain", "no org id"),
            ErrorCode::Unauthenticated,
        ),
        (
            Answer::new(429, "text/plain", "too many outstanding requests"),
            ErrorCode::RateLimited,
        ),
        (
            Answer::new(502, "text/html", "<html><title>Bad gateway</title></html>"),
            ErrorCode::Unavailable,
        ),
        (Answer::new(504, "text/plain", ""), ErrorCode::Timeout),
        (
            Answer::new(200, "text/html", "<html>login</html>"),
            ErrorCode::Protocol,
        ),
        (
            Answer::json(r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#),
            ErrorCode::Protocol,
        ),
        (
            Answer::json(
                r#"{"status":"success","data":{"resultType":"streams","result":[{"stream":{},"values":[["x","y"]]}]}}"#,
            ),
            ErrorCode::Protocol,
        ),
        // Beyond what was asked for: the walk by time would not end.
        (
            Answer::json(
                r#"{"status":"success","data":{"resultType":"streams","result":[{"stream":{},"values":[["1","y"]]}]}}"#,
            ),
            ErrorCode::Protocol,
        ),
        (
            Answer::json(
                r#"{"status":"success","data":{"resultType":"streams","result":[{"stream":{},"values":[["17"#,
            ),
            ErrorCode::Protocol,
        ),
    ] {
        let http = Recorded::by(move |_| answer.clone());
        let error = run(&http, "", &wanted()).err().unwrap();
        assert_eq!(error.code, code, "{}", error.message);
        assert!(http.requests().len() <= 4, "it does not try for ever");
    }
}

#[test]
fn a_server_that_refuses_every_size_is_believed_in_the_end() {
    for words in [
        "max entries limit per query exceeded, limit > max_entries_limit_per_query (5000 > 5000)",
        "max entries limit per query exceeded",
        "the query time range exceeds the limit (query length: 1h0m0s, limit: 0s)",
    ] {
        let http = Recorded::by(move |_| Answer::new(400, "text/plain", words));
        let mut asked = logs().equal("labels.app", "web");
        asked.0.max_partitions = 1;
        let error = run(&http, "", &asked).err().unwrap();
        assert!(error.message.contains(words));
        assert!(http.requests().len() < 150, "{}", http.requests().len());
    }
}

#[test]
fn what_is_missing_is_told() {
    let http = Recorded::by(|_| {
        Answer::json(
            r#"{"status":"success","warnings":["partial response: 1 ingester down"],"data":{"resultType":"streams","result":[]}}"#,
        )
    });
    let mut asked = logs().equal("labels.app", "web");
    asked.0.max_partitions = 1;
    let became = run(&http, "", &asked).unwrap();
    let told: Vec<_> = became
        .reports
        .iter()
        .map(|(gap, message)| (*gap, message.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (
                Gap::Note,
                "only the last hour was read: no condition on `timestamp` says from when on"
            ),
            (Gap::Partial, "Loki says: partial response: 1 ingester down"),
        ]
    );
}
