//! Owns the tests of LogQL that counts and measures: one time, each step of a range, ranges in parts. Refuses entries.

use loki_fake as fake;
use trawl_sdk::types::{CompareOp, Literal, Pushed};

use crate::asked::{Asked, NOW, SECOND, run, transport, utf8};

const COUNT: &str = r#"sum by (app) (count_over_time({cluster="prod-ap"}[10m]))"#;

fn asked(table: &[&str]) -> Asked {
    Asked::of(table, &["timestamp", "value", "labels.app"]).argument("query", utf8(COUNT))
}

#[test]
fn without_a_step_it_is_one_time() {
    let http = transport(fake::story(NOW));
    let became = run(&http, "", &asked(&[])).unwrap();
    assert_eq!(
        became.requests,
        [format!("GET /loki/api/v1/query?query={COUNT}&time={NOW}")]
    );
    let rows = became.rows();
    let apps: Vec<_> = rows
        .iter()
        .map(|row| row["labels.app"].as_str().unwrap())
        .collect();
    assert_eq!(apps, ["ingress", "search", "web", "worker"]);
    let counted = rows[2]["value"].as_f64().unwrap();
    let entries = Asked::of(&["logs"], &["line"])
        .equal("labels.cluster", "prod-ap")
        .equal("labels.app", "web")
        .time(CompareOp::Gt, NOW - 600 * SECOND);
    let held = run(&http, "", &entries).unwrap().rows().len();
    assert_eq!(counted, held as f64);
    // An upper bound is the time of the evaluation, and the argument says another one.
    let early = NOW - 60 * SECOND;
    let became = run(
        &transport(fake::story(NOW)),
        "",
        &asked(&["samples"]).time(CompareOp::Le, early),
    )
    .unwrap();
    assert_eq!(became.plan.filters, [Pushed::NotPushed]);
    assert!(became.requests[0].ends_with(&format!("time={early}")));
    let at = asked(&[]).argument("time", Literal::TimestampNs(early));
    let became = run(&transport(fake::story(NOW)), "", &at).unwrap();
    assert!(became.requests[0].ends_with(&format!("time={early}")));
}

#[test]
fn with_a_step_it_is_each_multiple_of_it() {
    let http = transport(fake::story(NOW));
    let minute = 60 * SECOND;
    let asked = asked(&["samples"])
        .argument("step", Literal::DurationNs(minute))
        .time(CompareOp::Ge, NOW - 600 * SECOND);
    let became = run(&http, "", &asked).unwrap();
    assert_eq!(became.plan.filters, [Pushed::Exact]);
    let rows = became.rows();
    assert_eq!(rows.len(), 40, "ten steps of four apps");
    for row in &rows {
        let at = row["timestamp"].as_i64().unwrap();
        assert!(at % minute == 0 && (NOW - 600 * SECOND..=NOW).contains(&at));
    }
    let limited = run(&http, "", &asked.clone().limit(3)).unwrap();
    assert_eq!(limited.rows().len(), 3);
    let early = asked.time(CompareOp::Lt, NOW - 600 * SECOND);
    let became = run(&transport(fake::story(NOW)), "", &early).unwrap();
    assert!(became.requests.is_empty() && became.rows().is_empty());
}

#[test]
fn long_ranges_are_asked_for_in_parts() {
    let http = transport(fake::story(NOW));
    let asked = Asked::of(&["samples"], &["timestamp", "value"])
        .argument("query", utf8("1"))
        .argument("step", Literal::DurationNs(100_000_000))
        .argument("start", Literal::TimestampNs(NOW - 3_600 * SECOND));
    let became = run(&http, "", &asked).unwrap();
    assert_eq!(became.requests.len(), 4);
    let times: Vec<i64> = became
        .rows()
        .iter()
        .map(|row| row["timestamp"].as_i64().unwrap())
        .collect();
    assert_eq!(times.len(), 36_000);
    assert!(
        times
            .windows(2)
            .all(|pair| pair[1] - pair[0] == 100_000_000)
    );
}
