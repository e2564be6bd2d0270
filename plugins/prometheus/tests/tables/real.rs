//! Owns the comparison of rows with what Debian's real Prometheus answers over HTTP without the plugin; without the program it says so
//! and passes, except under CI. Refuses recorded answers.
use std::collections::BTreeMap;

use crate::asked::{Ask, text, timestamp};
use crate::real_samples::load;
use crate::story::{self, FROM, TO};
use serde_json::{Value, json};
use trawl_programs::Prometheus as Live;
use trawl_sdk::schema::{Type, request_column};
use trawl_sdk::types::{AggregateFunction, Column, Pushed};

pub const QUIET: &str = "global: {}\n";

/// A row: time in milliseconds, value as Rust writes it (NaN is equal to NaN that way), labels.
pub type Row = (i64, String, BTreeMap<String, String>);

/// Values as text, so that NaN and infinities can be told.
pub fn columns() -> [Column; 3] {
    [
        timestamp(),
        request_column("value", Type::Utf8),
        request_column("labels", Type::map(Type::Utf8)),
    ]
}

pub fn sorted(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort();
    rows
}

pub fn of_rows(rows: &[Value]) -> Vec<Row> {
    let row = |row: &Value| {
        (
            row["timestamp"].as_i64().unwrap() / 1_000_000,
            row["value"].as_str().unwrap().to_owned(),
            serde_json::from_value(row["labels"].clone()).unwrap(),
        )
    };
    sorted(rows.iter().map(row).collect())
}

/// Milliseconds of `1700000030.123`, by its digits.
fn millis(seconds: &Value) -> i64 {
    let text = seconds.to_string();
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let rest: String = format!("{rest}000").chars().take(3).collect();
    whole.parse::<i64>().unwrap() * 1000 + rest.parse::<i64>().unwrap()
}

fn number(text: &Value) -> String {
    text.as_str().unwrap().parse::<f64>().unwrap().to_string()
}

/// The rows of an answer of the API, read without the plugin.
pub fn of_api(data: &Value) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut push = |labels: &Value, pair: &Value| {
        let labels = serde_json::from_value(labels.clone()).unwrap();
        rows.push((millis(&pair[0]), number(&pair[1]), labels));
    };
    if data["resultType"] == "scalar" {
        push(&json!({}), &data["result"]);
    } else {
        for series in data["result"].as_array().unwrap() {
            let values = series["values"].as_array().into_iter().flatten();
            for pair in values.chain(series.get("value")) {
                push(&series["metric"], pair);
            }
        }
    }
    sorted(rows)
}

pub fn seconds(ms: i64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

/// Every sample of `load`, by the API alone.
pub fn all_samples(live: &Live) -> Vec<Row> {
    let range = format!("load[{}ms]", TO - FROM + 1);
    let time = seconds(TO);
    of_api(&live.api("query", &[("query", &range), ("time", &time)]))
}

/// Expressions of every kind.
const EXPRESSIONS: [&str; 14] = [
    "load",
    "load[2m]",
    "sum by (job) (load)",
    "load offset 1h",
    "{job=~\"api|web\"}",
    "1 / 0",
    "vector(0) / 0",
    "time()",
    "histogram_quantile(0.9, sum by (le) (rate(lat_bucket[5m])))",
    "topk(2, load)",
    "nothing_of_that_name",
    "load @ end() - load @ start()",
    "max_over_time(sum(load)[10m:1m])",
    "count_values(\"v\", load > bool 3)",
];

#[test]
fn instants_and_ranges_are_what_the_api_answers() {
    if !Live::is_here() {
        return;
    }
    let live = Live::start(&story::samples(|_| true), QUIET, "");
    let at = FROM + 25 * 15_000 + 77;
    for promql in EXPRESSIONS {
        let instant = Ask::promql(promql).columns(columns()).until(at);
        let expected = live.api("query", &[("query", promql), ("time", &seconds(at))]);
        let rows = instant.run_on("{}", live.transport()).rows();
        assert_eq!(of_rows(&rows), of_api(&expected), "{promql}");
        if promql.ends_with("[2m]") {
            continue;
        }
        let step = Ask::promql(promql)
            .columns(columns())
            .argument(
                "step",
                trawl_sdk::types::Literal::DurationNs(60_000_000_000),
            )
            .from(FROM + 1)
            .until(TO);
        let range = [
            ("query", promql),
            ("start", &seconds(FROM + 60_000)),
            ("end", &seconds(TO)),
            ("step", "60"),
        ];
        let ran = step.run_on("{}", live.transport());
        assert_eq!(ran.plan.filters, [Pushed::Exact; 2]);
        let expected = of_api(&live.api("query_range", &range));
        assert_eq!(of_rows(&ran.rows()), expected, "{promql}");
    }
}

#[test]
fn ranges_beyond_eleven_thousand_steps_are_one_table() {
    if !Live::is_here() {
        return;
    }
    let live = Live::start(&story::samples(|_| true), QUIET, "");
    let promql = "sum by (job) (load) - scalar(sum(load{job=\"lonely\"} @ start()))";
    let step = 100;
    let ask = Ask::promql(promql)
        .columns(columns())
        .argument(
            "step",
            trawl_sdk::types::Literal::DurationNs(step * 1_000_000),
        )
        .from(FROM)
        .until(TO);
    let ran = ask.run_on("{}", live.transport());
    assert!(
        ran.plan.explain.ends_with("(the first of 4 requests)"),
        "{}",
        ran.plan.explain
    );
    // The same in other parts, with the start of the whole.
    let fixed = promql.replace("start()", &seconds(FROM));
    let mut expected = Vec::new();
    let mut from = FROM;
    while from <= TO {
        let to = TO.min(from + 6_999 * step);
        let range = [
            ("query", fixed.as_str()),
            ("start", &seconds(from)),
            ("end", &seconds(to)),
            ("step", "0.1"),
        ];
        expected.extend(of_api(&live.api("query_range", &range)));
        from = to + step;
    }
    assert!(expected.len() > 70_000);
    assert_eq!(of_rows(&ran.rows()), sorted(expected));
}

#[test]
fn a_cluster_of_a_shared_server_is_a_server_of_its_own() {
    if !Live::is_here() {
        return;
    }
    let shared = Live::start(&story::samples(|_| true), QUIET, "");
    let config = r#"{"cluster_label": "cluster"}"#;
    let at = FROM + 25 * 15_000;
    let more = [
        "sum(load) by (job) / on (job) group_left () count by (job) (load)",
        "load > bool ignoring (instance) group_left load{job=\"api\"}",
        "rate(lat_count[5m]) * 60 or load unless load{job=\"web\"}",
        "label_replace(sum by (job) (load), \"copy\", \"{$1}\", \"job\", \"(.*)\") # load",
        "quantile without (instance) (0.5, load offset -1m)",
        "absent(load{job=\"none\"})",
        "-load ^ 2 + scalar(sum(load))",
        "sum by (job) (sum_over_time(load[1m])) + on (job) load{instance='one',}",
    ];
    for (name, key, cluster) in [("first", Some("a"), "a"), ("b", None, "b")] {
        let own = Live::start(&story::samples(|it| it == cluster), QUIET, "");
        for promql in EXPRESSIONS.into_iter().chain(more) {
            let mut columns = columns().to_vec();
            columns.push(text("cluster"));
            let ask = Ask::promql(promql)
                .columns(columns)
                .until(at)
                .clusters(&[(name, key)]);
            let rows = ask.run_on(config, shared.transport()).rows();
            assert!(rows.iter().all(|row| row["cluster"] == name), "{promql}");
            let expected = own.api("query", &[("query", promql), ("time", &seconds(at))]);
            let mut expected = of_api(&expected);
            if promql.starts_with("absent") {
                // It makes labels of the matchers.
                for row in &mut expected {
                    row.2.insert("cluster".into(), cluster.into());
                }
            }
            assert_eq!(of_rows(&rows), expected, "{promql}");
        }
    }
    let both = [("first", Some("a")), ("b", None)];
    let samples = load()
        .columns(columns().into_iter().chain([text("cluster")]))
        .clusters(&both)
        .run_on(config, shared.transport())
        .rows();
    let named = all_samples(&shared);
    let named = named.iter().filter(|row| row.2.contains_key("cluster"));
    assert_eq!(samples.len(), named.count());
    for row in samples {
        let label = if row["cluster"] == "first" { "a" } else { "b" };
        assert_eq!(row["labels"]["cluster"], label);
    }
    let counted = Ask::samples()
        .is(text("metric"), "load")
        .from(FROM)
        .until(TO)
        .clusters(&both)
        .aggregate(
            &[(text("cluster"), None)],
            &[(AggregateFunction::Count, false)],
        )
        .run_on(config, shared.transport());
    assert!(counted.plan.aggregated);
    let all = all_samples(&shared);
    let of = |cluster: &str| {
        all.iter()
            .filter(|row| row.2.get("cluster").is_some_and(|it| it == cluster))
            .count()
    };
    let mut rows = counted.rows();
    rows.sort_by_key(|row| row["cluster"].to_string());
    assert_eq!(
        rows,
        [
            json!({"cluster": "b", "c0": of("b")}),
            json!({"cluster": "first", "c0": of("a")}),
        ]
    );
}
