//! Owns the comparison of rows with what Debian's real Prometheus answers over HTTP without the plugin; without the program it says so
//! and passes, except under CI. Refuses recorded answers.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use std::collections::BTreeMap;

use common::live::{self, Live};
use common::story::{self, FROM, TO};
use common::{Ask, label, text, timestamp};
use serde_json::{Value, json};
use trawl_sdk::schema::{Type, request_column};
use trawl_sdk::types::{AggregateFunction, Column, CompareOp, Pushed, TextOp};

const QUIET: &str = "global: {}\n";

/// A row: time in milliseconds, value as Rust writes it (NaN is equal to NaN that way), labels.
type Row = (i64, String, BTreeMap<String, String>);

/// Values as text, so that NaN and infinities can be told.
fn columns() -> [Column; 3] {
    [
        timestamp(),
        request_column("value", Type::Utf8),
        request_column("labels", Type::map(Type::Utf8)),
    ]
}

fn sorted(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort();
    rows
}

fn of_rows(rows: &[Value]) -> Vec<Row> {
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
fn of_api(data: &Value) -> Vec<Row> {
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

fn seconds(ms: i64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

/// Every sample of `load`, by the API alone.
fn all_samples(live: &Live) -> Vec<Row> {
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
    if !live::is_here() {
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
        let step = common::Ask::promql(promql)
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
    if !live::is_here() {
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

/// A filter of the language, and whether a row passes it.
type Filter = (&'static str, fn(Ask) -> Ask, fn(&Row) -> bool, Pushed);

fn has(row: &Row, name: &str, test: impl Fn(&str) -> bool) -> bool {
    row.2.get(name).is_some_and(|value| test(value))
}

const FILTERS: [Filter; 16] = [
    (
        "equal",
        |ask| ask.is(label("instance"), "a|b.c\"d\\e"),
        |row| has(row, "instance", |it| it == "a|b.c\"d\\e"),
        Pushed::Exact,
    ),
    (
        "unequal",
        |ask| ask.filter(label("job"), CompareOp::Ne, common::utf8("api")),
        |row| !has(row, "job", |it| it == "api"),
        Pushed::Exact,
    ),
    (
        "in",
        |ask| ask.among(label("instance"), &["one", "a|b.c\"d\\e", "x"], false),
        |row| has(row, "instance", |it| ["one", "a|b.c\"d\\e"].contains(&it)),
        Pushed::Exact,
    ),
    (
        "not in",
        |ask| ask.among(label("job"), &["api", "web"], true),
        |row| !has(row, "job", |it| ["api", "web"].contains(&it)),
        Pushed::Exact,
    ),
    (
        "null",
        |ask| ask.null(label("job"), true),
        |row| !row.2.contains_key("job"),
        Pushed::Exact,
    ),
    (
        "not null",
        |ask| ask.null(label("cluster"), false),
        |row| row.2.contains_key("cluster"),
        Pushed::Exact,
    ),
    (
        "prefix",
        |ask| ask.matching(label("instance"), TextOp::Prefix, "a|b.", false, false),
        |row| has(row, "instance", |it| it.starts_with("a|b.")),
        Pushed::Exact,
    ),
    (
        "no prefix",
        |ask| ask.matching(label("job"), TextOp::Prefix, "w", true, true),
        |row| !has(row, "job", |it| it.to_lowercase().starts_with('w')),
        Pushed::Exact,
    ),
    (
        "suffix",
        |ask| ask.matching(label("instance"), TextOp::Suffix, "d\\E", true, false),
        |row| has(row, "instance", |it| it.to_lowercase().ends_with("d\\e")),
        Pushed::Exact,
    ),
    (
        "contains",
        |ask| ask.matching(label("instance"), TextOp::Contains, "kIn", true, false),
        |row| has(row, "instance", |it| it.to_lowercase().contains("kin")),
        Pushed::Inexact,
    ),
    (
        "regex",
        |ask| ask.matching(label("job"), TextOp::Regex, "^(api|.*2)$", false, false),
        |row| has(row, "job", |it| it == "api" || it.ends_with('2')),
        Pushed::Exact,
    ),
    (
        "regex of anything",
        |ask| ask.matching(label("job"), TextOp::Regex, "x*", false, false),
        |row| row.2.contains_key("job"),
        Pushed::Exact,
    ),
    (
        "empty",
        |ask| ask.is(label("job"), ""),
        |_| true,
        Pushed::NotPushed,
    ),
    (
        "after",
        |ask| ask.filter(timestamp(), CompareOp::Gt, common::at(FROM + 150_000)),
        |row| row.0 > FROM + 150_000,
        Pushed::Exact,
    ),
    (
        "before",
        |ask| ask.filter(timestamp(), CompareOp::Lt, common::at(FROM + 150_123)),
        |row| row.0 < FROM + 150_123,
        Pushed::Exact,
    ),
    (
        "at",
        |ask| ask.filter(timestamp(), CompareOp::Eq, common::at(FROM + 150_123)),
        |row| row.0 == FROM + 150_123,
        Pushed::Exact,
    ),
];

fn load() -> Ask {
    Ask::samples()
        .columns(columns())
        .is(text("metric"), "load")
        .from(FROM)
        .until(TO)
}

#[test]
fn filters_leave_the_samples_that_the_language_keeps() {
    if !live::is_here() {
        return;
    }
    let live = Live::start(&story::samples(|_| true), QUIET, "");
    let all = all_samples(&live);
    assert!(all.len() > 1000);
    let plain = load().run_on("{}", live.transport()).rows();
    assert_eq!(of_rows(&plain), all);
    for special in ["NaN", "inf", "-inf"] {
        assert!(all.iter().any(|row| row.1 == special), "{special}");
    }
    for (name, filter, passes, pushed) in &FILTERS {
        let ran = filter(load()).run_on("{}", live.transport());
        assert_eq!(ran.plan.filters.last(), Some(pushed), "{name}");
        let expected: Vec<Row> = all.iter().filter(|row| passes(row)).cloned().collect();
        assert!(!expected.is_empty(), "{name}");
        assert_eq!(of_rows(&ran.rows()), expected, "{name}");
    }
    for (one, first, passes_first, _) in &FILTERS {
        for (two, second, passes_second, _) in &FILTERS {
            let rows = second(first(load())).run_on("{}", live.transport()).rows();
            let both = |row: &&Row| passes_first(row) && passes_second(row);
            let expected: Vec<Row> = all.iter().filter(both).cloned().collect();
            assert_eq!(of_rows(&rows), expected, "{one}, {two}");
        }
    }
    let limited = load().limit(7).run_on("{}", live.transport());
    assert_eq!(limited.plan.limit, Pushed::Exact);
    assert_eq!(limited.rows().len(), 7);
}

/// A group's results: count, sum, least, greatest.
type Results = (i64, f64, Option<f64>, Option<f64>);

/// The groups of rows, computed here.
fn grouped(
    rows: &[Row],
    labels: &[&str],
    bin: Option<i64>,
) -> BTreeMap<(Vec<Option<String>>, i64), Results> {
    let mut groups: BTreeMap<_, Results> = BTreeMap::new();
    for (at, value, of) in rows {
        let keys: Vec<_> = labels.iter().map(|label| of.get(*label).cloned()).collect();
        let begin = bin.map_or(0, |bin| at.div_euclid(bin) * bin);
        let value: f64 = value.parse().unwrap();
        let group = groups.entry((keys, begin)).or_insert((0, 0.0, None, None));
        group.0 += 1;
        group.1 += value;
        // The language's least and greatest skip NaN.
        if !value.is_nan() {
            group.2 = Some(group.2.map_or(value, |least| least.min(value)));
            group.3 = Some(group.3.map_or(value, |most| most.max(value)));
        }
    }
    groups
}

fn close(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

#[test]
fn aggregates_of_the_server_are_those_of_the_rows() {
    if !live::is_here() {
        return;
    }
    let live = Live::start(&story::samples(|_| true), QUIET, "");
    let all = all_samples(&live);
    let all_four = [
        (AggregateFunction::Count, false),
        (AggregateFunction::Sum, true),
        (AggregateFunction::Min, true),
        (AggregateFunction::Max, true),
    ];
    let mut groups_seen = 0;
    for labels in [&["job"][..], &[], &["instance", "job"]] {
        for bin in [None, Some(60_000), Some(77_777), Some(7_200_000)] {
            for (from, to) in [
                (FROM, TO - 1),
                (FROM + 1, TO - 40_123),
                (FROM + 150_000, FROM + 151_000),
            ] {
                let mut keys: Vec<(Column, Option<u64>)> =
                    labels.iter().map(|name| (label(name), None)).collect();
                if let Some(bin) = bin {
                    keys.push((timestamp(), Some(u64::try_from(bin).unwrap())));
                }
                let ask = Ask::samples()
                    .is(text("metric"), "load")
                    .from(from)
                    .until(to)
                    .aggregate(&keys, &all_four);
                let ran = ask.run_on("{}", live.transport());
                let what = format!("{labels:?} {bin:?} {from} {to}: {}", ran.plan.explain);
                assert!(ran.plan.aggregated, "{what}");
                let inside: Vec<Row> = all
                    .iter()
                    .filter(|row| (from..=to).contains(&row.0))
                    .cloned()
                    .collect();
                let expected = grouped(&inside, labels, bin);
                // NaN is null in the test's rows: numbers are read again as text.
                let rows = ran.rows();
                assert_eq!(rows.len(), expected.len(), "{what}");
                for row in rows {
                    let keys = labels
                        .iter()
                        .map(|name| row[*name].as_str().map(str::to_owned));
                    let begin = row
                        .get("timestamp")
                        .map_or(0, |it| it.as_i64().unwrap() / 1_000_000);
                    let (count, sum, least, most) = expected[&(keys.collect(), begin)];
                    assert_eq!(row["c0"], json!(count), "{what}");
                    let real = |name: &str| row[name].as_f64();
                    match real("c1") {
                        Some(found) => assert!(close(found, sum), "{what}: {found} {sum}"),
                        None => assert!(!sum.is_finite(), "{what}: {sum}"),
                    }
                    let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
                    assert_eq!(real("c2"), finite(least), "{what}");
                    assert_eq!(real("c3"), finite(most), "{what}");
                    groups_seen += 1;
                }
            }
        }
    }
    assert!(groups_seen > 1000, "{groups_seen}");
}

#[test]
fn a_cluster_of_a_shared_server_is_a_server_of_its_own() {
    if !live::is_here() {
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
