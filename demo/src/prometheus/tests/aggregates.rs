//! Aggregates of aggregates over time are those of the samples in each bin, as a client computes them that reads the samples.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::{NOW_S, world};
use crate::prometheus::eval::evaluate;
use crate::prometheus::parse::parse;
use crate::prometheus::series::{self, Series};

static SERIES: LazyLock<Vec<Series>> = LazyLock::new(|| series::of(&world(1)));

/// The sample of every scrape, one by one, of a metric: its group and time.
fn scrapes(metric: &str, by: &str, from_ms: i64, to_ms: i64) -> Vec<(String, i64, f64)> {
    let of_metric = SERIES.iter().filter(|series| series.name() == metric);
    of_metric
        .flat_map(|series| {
            let group = series.labels.get(by).cloned().unwrap_or_default();
            let first_ms = from_ms + (-from_ms).rem_euclid(series::SCRAPE_MS);
            (first_ms..=to_ms)
                .step_by(30_000)
                .filter_map(move |at_ms| Some((group.clone(), at_ms, series.at(at_ms)?)))
        })
        .collect()
}

/// Groups and instants with their values.
type Values = BTreeMap<(String, i64), f64>;

fn answered(query: &str, by: &str, times_ms: &[i64]) -> Values {
    let lines = evaluate(&parse(query).unwrap(), &SERIES, times_ms).unwrap();
    let mut values = Values::new();
    for line in lines {
        assert!(!line.labels.contains_key("__name__"), "{query}");
        let group = line.labels.get(by).cloned().unwrap_or_default();
        for (at_ms, value) in times_ms.iter().zip(line.values) {
            if let Some(value) = value {
                values.insert((group.clone(), *at_ms), value);
            }
        }
    }
    values
}

/// What a function makes of two samples of one group and bin.
fn both(function: &str, a: f64, b: f64) -> f64 {
    match function {
        "min" => a.min(b),
        "max" => a.max(b),
        _ => a + b,
    }
}

#[test]
fn each_bin_holds_its_own_samples_and_no_other() {
    let (metric, by) = ("container_memory_working_set_bytes", "namespace");
    for (bin_ms, range, last_ms) in [
        // Bins from a full minute on, evaluated at their last millisecond, as ranges that are open at their left end hold them.
        (60_000, "1m", NOW_S / 60 * 60_000 - 1),
        (300_000, "5m", NOW_S / 300 * 300_000 - 1),
        // A sample at the left end is left out, one at the right end is not.
        (60_000, "60s", NOW_S / 60 * 60_000),
        (45_000, "45000ms", NOW_S * 1000 - 17),
    ] {
        let times_ms: Vec<i64> = (0..6).rev().map(|back| last_ms - back * bin_ms).collect();
        let from_ms = last_ms - 6 * bin_ms + 1;
        for (over, across) in [
            ("sum", "sum"),
            ("count", "sum"),
            ("min", "min"),
            ("max", "max"),
        ] {
            let query = format!("{across} by ({by}) ({over}_over_time({metric}[{range}]))");
            let mut expected = Values::new();
            for (group, at_ms, value) in scrapes(metric, by, from_ms, last_ms) {
                let end_ms = at_ms + (last_ms - at_ms).rem_euclid(bin_ms);
                let value = if over == "count" { 1.0 } else { value };
                expected
                    .entry((group, end_ms))
                    .and_modify(|found| *found = both(across, *found, value))
                    .or_insert(value);
            }
            let found = answered(&query, by, &times_ms);
            assert!(!found.is_empty(), "{query}");
            assert!(found.keys().eq(expected.keys()), "{query}");
            for (key, value) in &found {
                // Sums of floats depend on their order, in the last digits.
                let near = (value - expected[key]).abs() <= value.abs() * 1e-12;
                let exact = over == "sum" || *value == expected[key];
                assert!(
                    near && exact,
                    "{query}: {value} for {key:?}, not {}",
                    expected[key]
                );
            }
        }
    }
}

#[test]
fn a_matcher_leaves_other_series_out_of_an_aggregate() {
    let at_ms = [NOW_S * 1000];
    let nodes = answered(
        "sum by (node) (count_over_time(up{job=\"kubelet\"}[5m]))",
        "node",
        &at_ms,
    );
    assert_eq!(nodes.len(), 5);
    assert!(nodes.values().all(|count| *count == 10.0));
    let all = answered("sum (count_over_time(up{job=~\".+\"}[5m]))", "node", &at_ms);
    assert_eq!(all.values().collect::<Vec<_>>(), [&60.0]);
}
