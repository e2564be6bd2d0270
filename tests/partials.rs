//! Groups and orders that sources take over give the rows that they would give here: each case of `partials/` runs on three fleets
//! with the same rows, whose sources take all of it, none of it, or not all the same. Then sources that lie about their groups.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod partials_random;
mod support;
mod tabular;
mod text_case;

use std::path::Path;

use serde_json::{Value, json};
use trawl_exec::{Completeness, Engine, QueryRequest, Status, encode};

use tabular::{ALL, Cluster, component, engine, rows};

/// Rows of three clusters: every kind of value, nulls, NaN and infinities, times before the epoch; `c` has none.
const ROWS: [(&str, &str, &str, usize); 3] = [
    (
        "a",
        "production",
        r#"[
  {"k": "x", "b": true, "n": 1, "x": 0.5, "d": "1s", "ts": "1969-12-31T23:59:59Z", "q": "1.5", "labels": {"app": "web"}},
  {"k": "x", "b": false, "n": 9223372036854775807, "x": "NaN", "d": "-3ns", "ts": "1969-12-31T22:00:00Z", "labels": {"app": "db"}},
  {"k": "y", "n": 9223372036854775807, "x": -0.0, "ts": "1970-01-01T00:00:00Z", "labels": {}},
  {"k": "y", "b": true, "n": -4, "x": 0.0, "d": "2s", "ts": "2026-01-01T10:30:00Z", "q": "2"},
  {"k": null, "n": 3, "x": "inf", "d": "5s"},
  {"n": null, "x": "NaN", "ts": "2026-01-01T11:00:00Z", "labels": {"app": "web"}}
]"#,
        2,
    ),
    (
        "b",
        "production",
        r#"[
  {"k": "x", "b": true, "n": 7, "x": 2.25, "d": "4s", "ts": "2026-01-01T10:59:59.999999999Z", "q": "3", "labels": {"app": "db"}},
  {"k": "z", "n": 2, "x": -1.75, "ts": "1969-12-31T23:00:00Z", "labels": {"app": "web"}},
  {"k": "w", "n": 2, "ts": "2026-01-01T10:00:00Z"},
  {"k": "v", "x": "-inf", "n": 11}
]"#,
        3,
    ),
    ("c", "staging", "[]", 2),
];

/// A fleet of the rows above, whose clusters take what stands at their place.
fn fleet(component: &[u8], folder: &Path, takes: [&str; 3]) -> Engine {
    let clusters = ROWS.iter().zip(takes);
    let clusters = clusters.map(|((name, environment, rows, partitions), takes)| Cluster {
        name,
        environment,
        settings: format!("partitions: {partitions}, takes: {takes}"),
        rows,
    });
    engine(component, folder, &clusters.collect::<Vec<_>>())
}

/// What an explanation says of filters, groups, order and requests, and what runs here.
async fn explained(engine: &Engine, query: &str) -> String {
    let explained = engine.explain(QueryRequest::new(query)).await.unwrap();
    let text = explained.to_string();
    let (scans, _) = text.split_once("\ngives\n").unwrap();
    let told = scans.lines().filter(|line| {
        let word = line.split_whitespace().next();
        !line.starts_with("   ") || !matches!(word, Some("clusters" | "columns" | "left"))
    });
    told.collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_do_not_depend_on_who_groups_and_sorts_them() {
    let component = component().await;
    let folder = tempfile::tempdir().unwrap();
    let all = fleet(&component, folder.path(), [ALL; 3]);
    let none = fleet(&component, folder.path(), ["[]"; 3]);
    let filters = "[filters]";
    let mixed = fleet(&component, folder.path(), [ALL, filters, ALL]);

    let mut report = text_case::Report::new();
    for path in text_case::files("partials") {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut results = Vec::new();
        for case in text_case::parse(&text) {
            let expected = rows(&none, &case.query).await;
            for (engine, who) in [(&all, "all sources"), (&mixed, "not all sources")] {
                let got = rows(engine, &case.query).await;
                assert_eq!(got, expected, "{} by {who}", case.query);
            }
            let verified = QueryRequest {
                verify_pushdown: true,
                ..QueryRequest::new(&*case.query)
            };
            if let Err(error) = all.query(verified).await {
                panic!("{}: {error}", case.query);
            }
            let explained = explained(&all, &case.query).await;
            results.push((
                case,
                format!("-- rows\n{expected}\n-- explain\n{explained}"),
            ));
        }
        report.file(&path, results);
    }
    report.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_gives_rows_brings_the_others_to_give_rows() {
    let component = component().await;
    let folder = tempfile::tempdir().unwrap();
    let query = "tabular.t | summarize n = count(), s = sum(n) by k";
    let mixed = fleet(&component, folder.path(), [ALL, "[filters]", ALL]);
    let explained = mixed.explain(QueryRequest::new(query)).await.unwrap();
    let scan = &explained.scans[0];
    let groups = scan.groups.as_ref().unwrap();
    assert_eq!(groups.pushed, trawl_exec::Taken::No);
    assert_eq!(groups.why.as_deref(), Some("tabular cannot group by it"));
    let asked: Vec<&str> = scan.asks.iter().map(|ask| ask.request.as_str()).collect();
    assert_eq!(asked, ["rows"]);
    // Numbers of rows become rows without columns where others are rows.
    let counted = mixed
        .explain(QueryRequest::new("tabular.t | count"))
        .await
        .unwrap();
    let asks = &counted.scans[0].asks;
    let asked: Vec<&str> = asks.iter().map(|ask| ask.request.as_str()).collect();
    assert_eq!(asked, ["groups of []: [count()]", "rows"]);
    assert_eq!(rows(&mixed, "tabular.t | count").await, "COUNT_\n10");
}

/// Rows and completeness of a query over one cluster that lies.
async fn lied(
    component: &[u8],
    folder: &Path,
    lie: &str,
    query: &str,
) -> (Vec<Value>, Completeness) {
    let (name, environment, rows, partitions) = ROWS[0];
    let cluster = Cluster {
        name,
        environment,
        settings: format!("partitions: {partitions}, takes: {ALL}, lie: {lie}"),
        rows,
    };
    let engine = engine(component, folder, &[cluster]);
    let mut answer = engine.query(QueryRequest::new(query)).await.unwrap();
    let mut out = Vec::new();
    let mut first = true;
    while let Some(batch) = answer.next().await.unwrap() {
        encode::rows_json(&batch, answer.columns(), "\n", &mut first, &mut out);
    }
    let text = String::from_utf8(out).unwrap();
    let mut rows: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    rows.sort_by_key(ToString::to_string);
    (rows, answer.finish().completeness)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_that_come_twice_or_have_no_rows_are_merged() {
    let component = component().await;
    let folder = tempfile::tempdir().unwrap();
    let query = "tabular.t | summarize n = count(), m = avg(x), s = max(d) by b";
    let expected = json!([
        {"b": false, "n": 1, "m": "NaN", "s": "-3ns"},
        {"b": null, "n": 3, "m": "NaN", "s": "5s"},
        {"b": true, "n": 2, "m": 0.25, "s": "2s"},
    ]);
    for lie in ["duplicates", "empty-groups"] {
        let (rows, completeness) = lied(&component, folder.path(), lie, query).await;
        assert_eq!(json!(rows), expected, "{lie}");
        assert!(completeness.complete, "{lie}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_ends_the_target_and_not_the_query() {
    let component = component().await;
    let folder = tempfile::tempdir().unwrap();
    let groups = "tabular.t | summarize n = count(), s = sum(n) by k";
    for (lie, query, part) in [
        (
            "negative-counts",
            groups,
            "a count of zero or more in the column `count()`",
        ),
        ("schema", groups, "gives 2 columns; 3 were asked for"),
        (
            "type",
            groups,
            "asked for was `sum(n)` of type Decimal128(38, 0)",
        ),
        (
            "filters",
            &format!("{groups} | where n > 0").replace("t |", "t | where n > 1 |"),
            "although not all of its filters are exact",
        ),
        (
            "unsorted",
            "tabular.t | top 2 by n | project n",
            "takes the limit, but not the order",
        ),
    ] {
        let (rows, completeness) = lied(&component, folder.path(), lie, query).await;
        assert_eq!(rows, Vec::<Value>::new(), "{lie}");
        let [target] = completeness.targets.as_slice() else {
            panic!("{lie}: {completeness:?}");
        };
        // Only rows tell of a count that cannot be.
        let expected = match lie {
            "negative-counts" => Status::Partial,
            _ => Status::Failed,
        };
        assert_eq!(target.status, expected, "{lie}");
        let error = target.error.as_ref().unwrap();
        assert_eq!(error.code, "internal", "{lie}");
        assert!(
            error.message.contains("tabular") && error.message.contains(part),
            "{lie}: {error:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_beyond_every_number_end_no_query() {
    let component = component().await;
    let folder = tempfile::tempdir().unwrap();
    let query = "tabular.t | summarize n = count(), m = avg(x)";
    let (rows, _) = lied(&component, folder.path(), "huge-counts", query).await;
    assert_eq!(rows[0]["n"], json!(i64::MAX));
}
