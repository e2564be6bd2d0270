//! Owns the comparison of samples, filtered and aggregated, with what Debian's real Prometheus has, filtered and aggregated here. Refuses
//! recorded answers.

use std::collections::BTreeMap;

use crate::asked::{Ask, label, text, timestamp};
use crate::real::{QUIET, Row, all_samples, columns, of_rows};
use crate::story::{self, FROM, TO};
use serde_json::json;
use trawl_programs::Prometheus as Live;
use trawl_sdk::types::{AggregateFunction, Column, CompareOp, Pushed, TextOp};

/// A filter of the language, and whether a row passes it.
type Filter = (&'static str, fn(Ask) -> Ask, fn(&Row) -> bool, Pushed);

fn has(row: &Row, name: &str, test: impl Fn(&str) -> bool) -> bool {
    row.2.get(name).is_some_and(|value| test(value))
}

const FILTERS: [Filter; 18] = [
    (
        "equal",
        |ask| ask.is(label("instance"), "a|b.c\"d\\e"),
        |row| has(row, "instance", |it| it == "a|b.c\"d\\e"),
        Pushed::Exact,
    ),
    (
        "unequal",
        |ask| ask.filter(label("job"), CompareOp::Ne, crate::asked::utf8("api")),
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
        "regex with lazy and counted repeats",
        |ask| {
            ask.matching(
                label("job"),
                TextOp::Regex,
                "^(a{1}p??p+?i*?i{1,2}?)$",
                false,
                false,
            )
        },
        |row| has(row, "job", |it| it == "api"),
        Pushed::Exact,
    ),
    (
        "regex that only one dialect knows",
        |ask| ask.matching(label("job"), TextOp::Regex, "(a{1}){1}", false, false),
        |_| true,
        Pushed::NotPushed,
    ),
    (
        "empty",
        |ask| ask.is(label("job"), ""),
        |_| true,
        Pushed::NotPushed,
    ),
    (
        "after",
        |ask| ask.filter(timestamp(), CompareOp::Gt, crate::asked::at(FROM + 150_000)),
        |row| row.0 > FROM + 150_000,
        Pushed::Exact,
    ),
    (
        "before",
        |ask| ask.filter(timestamp(), CompareOp::Lt, crate::asked::at(FROM + 150_123)),
        |row| row.0 < FROM + 150_123,
        Pushed::Exact,
    ),
    (
        "at",
        |ask| ask.filter(timestamp(), CompareOp::Eq, crate::asked::at(FROM + 150_123)),
        |row| row.0 == FROM + 150_123,
        Pushed::Exact,
    ),
];

/// All samples of `load`.
pub fn load() -> Ask {
    Ask::samples()
        .columns(columns())
        .is(text("metric"), "load")
        .from(FROM)
        .until(TO)
}

#[test]
fn filters_leave_the_samples_that_the_language_keeps() {
    if !Live::is_here() {
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
    if !Live::is_here() {
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
