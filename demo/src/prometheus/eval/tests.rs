//! Queries give the values of their series.

use super::*;
use crate::objects::signal::{Bursts, Shape, Signal};
use crate::prometheus::parse::parse;

fn sample_series() -> Vec<Series> {
    let of = |pairs: &[(&str, &str)], from_s, shape| {
        let labels = pairs
            .iter()
            .map(|(label, value)| ((*label).to_owned(), (*value).to_owned()))
            .collect();
        Series::new(labels, Signal { from_s, shape }, 0)
    };
    let steady = |per_second| Shape::Steady { per_second };
    let bursts = Bursts {
        last_end_s: 900.0,
        length_s: 60.0,
        every_s: 300.0,
        count: 3.0,
    };
    let restarts = Shape::Ended(bursts);
    vec![
        of(
            &[("__name__", "c"), ("ns", "a"), ("pod", "1")],
            90.0,
            steady(0.5),
        ),
        of(
            &[("__name__", "c"), ("ns", "a"), ("pod", "2")],
            90.0,
            steady(1.5),
        ),
        of(
            &[("__name__", "c"), ("ns", "b"), ("pod", "3")],
            900.0,
            steady(4.0),
        ),
        of(&[("__name__", "g")], 0.0, Shape::Constant(7.0)),
        of(&[("__name__", "r")], 0.0, restarts),
        of(
            &[("__name__", "d")],
            0.0,
            Shape::During { value: 2.0, bursts },
        ),
    ]
}

fn check(query: &str, time_s: i64, expected: &[(&str, f64)]) {
    let lines = evaluate(&parse(query).unwrap(), &sample_series(), &[time_s * 1000]).unwrap();
    let ours: Vec<(String, f64)> = lines
        .iter()
        .map(|line| {
            let labels: Vec<String> = line.labels.values().cloned().collect();
            (labels.join(" "), line.values[0].unwrap())
        })
        .collect();
    let expected: Vec<(String, f64)> = expected
        .iter()
        .map(|(text, value)| ((*text).to_owned(), *value))
        .collect();
    assert_eq!(ours, expected, "{query}");
}

#[test]
fn queries_give_the_values_of_their_series() {
    check("g", 1, &[("g", 7.0)]);
    // The last scrape was at 180 s.
    check("c", 209, &[("c a 1", 45.0), ("c a 2", 135.0)]);
    check(r#"c{ns!="a"}"#, 1020, &[("c b 3", 480.0)]);
    check(
        r#"c{missing=""}"#,
        210,
        &[("c a 1", 60.0), ("c a 2", 180.0)],
    );
    check(
        "rate(c[5m])",
        2000,
        &[("a 1", 0.5), ("a 2", 1.5), ("b 3", 4.0)],
    );
    check("sum by (ns) (rate(c[5m]))", 2000, &[("a", 2.0), ("b", 4.0)]);
    check(
        "sum without (pod) (rate(c[5m]))",
        2000,
        &[("a", 2.0), ("b", 4.0)],
    );
    check("sum(rate(c[5m]))", 2000, &[("", 6.0)]);
    check("avg by (ns) (rate(c[1m]))", 400, &[("a", 1.0)]);
    check("count(c)", 1000, &[("", 3.0)]);
    check("min(rate(c[5m]))", 2000, &[("", 0.5)]);
    check("max by (nope) (rate(c[5m]))", 2000, &[("", 4.0)]);
    check("topk(2, rate(c[5m]))", 2000, &[("b 3", 4.0), ("a 2", 1.5)]);
    check("bottomk(1, rate(c[5m]))", 2000, &[("a 1", 0.5)]);
    check("topk(0, c)", 2000, &[]);
    check("nothing_of_this_name", 1, &[]);
    check("sum(nothing_of_this_name)", 1, &[]);
    check("increase(c{pod=\"1\"}[10m])", 2000, &[("a 1", 300.0)]);
    check("c > 100", 210, &[("c a 2", 180.0)]);
    check("c != 60 <= 60", 210, &[]);
}

#[test]
fn ranges_are_open_at_their_left_end() {
    // Scrapes at 330, 360, … 600: ten of them, not eleven.
    check("count_over_time(g[5m])", 600, &[("", 10.0)]);
    check("count_over_time(g[5m])", 601, &[("", 10.0)]);
    check("count_over_time(g[31s])", 600, &[("", 2.0)]);
    check("sum_over_time(g[1m])", 600, &[("", 14.0)]);
    check("last_over_time(g[1m])", 600, &[("g", 7.0)]);
    check("min_over_time(r[10m])", 900, &[("", 1.0)]);
    check("max_over_time(r[10m])", 900, &[("", 3.0)]);
    check("avg_over_time(r[1m])", 900, &[("", 2.5)]);
    check("count_over_time(g[10s])", 595, &[]);
}

#[test]
fn what_comes_and_goes_has_gaps() {
    let times: Vec<i64> = (0..=20).map(|number| number * 60_000).collect();
    let lines = evaluate(&parse("d").unwrap(), &sample_series(), &times).unwrap();
    let there: Vec<i64> = times
        .iter()
        .zip(&lines[0].values)
        .filter(|(_, value)| value.is_some())
        .map(|(time_ms, _)| time_ms / 1000)
        .collect();
    assert_eq!(there, [240, 300, 540, 600, 840, 900]);
    assert!(
        evaluate(&parse("d").unwrap(), &sample_series(), &[700_000])
            .unwrap()
            .is_empty()
    );
}

#[test]
fn one_instant_of_many_is_the_instant_alone() {
    let series = sample_series();
    let times: Vec<i64> = (10..40).map(|number| number * 45_000).collect();
    for query in [
        "c",
        "sum by (ns) (rate(c[5m]))",
        "increase(r[10m])",
        "topk(1, c)",
        "avg without (pod) (avg_over_time(c[2m]))",
        "d == 2",
    ] {
        let expr = parse(query).unwrap();
        let together = evaluate(&expr, &series, &times).unwrap();
        for (at, time_ms) in times.iter().enumerate() {
            let mut alone = evaluate(&expr, &series, &[*time_ms]).unwrap();
            alone.sort_by(|a, b| a.labels.cmp(&b.labels));
            let mut same: Vec<Line> = together
                .iter()
                .filter(|line| line.values[at].is_some())
                .map(|line| Line {
                    labels: line.labels.clone(),
                    values: vec![line.values[at]],
                })
                .collect();
            same.sort_by(|a, b| a.labels.cmp(&b.labels));
            assert_eq!(alone, same, "{query} at {time_ms}");
        }
    }
}

#[test]
fn what_cannot_be_evaluated_says_why() {
    let failure = |query: &str, times: &[i64]| {
        evaluate(&parse(query).unwrap(), &sample_series(), times).unwrap_err()
    };
    let Failure::Bad(message) = failure("rate(g[5m])", &[1000]) else {
        panic!("it is the query that is wrong");
    };
    assert!(message.contains("g is a gauge"), "{message}");
    assert!(matches!(failure("sum(c[5m])", &[1000]), Failure::Bad(_)));
    let many = vec![0; 11_000];
    let Failure::Execution(message) = failure("count_over_time(c[1y])", &many) else {
        panic!("it is its size");
    };
    assert!(message.contains("too many samples"), "{message}");
}
