//! Owns evaluation: an expression over the series at one instant.

use std::collections::BTreeMap;

use super::matcher::Selector;
use super::parse::{Aggregation, Expr};
use super::series::{Course, Labels, Series};

/// One result: labels and value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    pub(crate) labels: Labels,
    pub(crate) value: f64,
}

/// Evaluates at an instant in seconds since 1970. The error is the message for the client.
pub(crate) fn evaluate(expr: &Expr, series: &[Series], time_s: f64) -> Result<Vec<Sample>, String> {
    match expr {
        Expr::Selector(selector) => Ok(selected(selector, series)
            .filter_map(|series| {
                Some(Sample {
                    labels: series.labels.clone(),
                    value: series.course.at(time_s)?,
                })
            })
            .collect()),
        Expr::Rate(selector) => rate(selector, series, time_s),
        Expr::Aggregate { op, by, of } => Ok(aggregate(*op, by, evaluate(of, series, time_s)?)),
        Expr::Top { count, largest, of } => {
            let mut samples = evaluate(of, series, time_s)?;
            samples.sort_by(|a, b| {
                if *largest {
                    b.value.total_cmp(&a.value)
                } else {
                    a.value.total_cmp(&b.value)
                }
            });
            samples.truncate(*count);
            Ok(samples)
        }
    }
}

fn selected<'a>(selector: &'a Selector, series: &'a [Series]) -> impl Iterator<Item = &'a Series> {
    series
        .iter()
        .filter(|series| selector.selects(&series.labels))
}

fn rate(selector: &Selector, series: &[Series], time_s: f64) -> Result<Vec<Sample>, String> {
    let mut samples = Vec::new();
    for series in selected(selector, series) {
        let Course::Counter {
            per_second,
            since_s,
        } = series.course
        else {
            let name = series.labels.get("__name__").map_or("", String::as_str);
            return Err(format!(
                "the demo's Prometheus answers rate() of counters only, and {name} is a gauge"
            ));
        };
        if time_s >= since_s {
            let mut labels = series.labels.clone();
            labels.remove("__name__");
            samples.push(Sample {
                labels,
                value: per_second,
            });
        }
    }
    Ok(samples)
}

fn aggregate(op: Aggregation, by: &[String], samples: Vec<Sample>) -> Vec<Sample> {
    let mut groups: BTreeMap<Labels, Vec<f64>> = BTreeMap::new();
    for sample in samples {
        // A label that is missing groups as if it were not asked for, like the empty one.
        let key = by
            .iter()
            .filter_map(|label| Some((label.clone(), sample.labels.get(label)?.clone())))
            .collect();
        groups.entry(key).or_default().push(sample.value);
    }
    groups
        .into_iter()
        .map(|(labels, values)| {
            let sum: f64 = values.iter().sum();
            let count = values.iter().fold(0.0, |count, _| count + 1.0);
            let value = match op {
                Aggregation::Sum => sum,
                Aggregation::Count => count,
                Aggregation::Avg => sum / count,
                Aggregation::Min => values.iter().copied().fold(f64::INFINITY, f64::min),
                Aggregation::Max => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            };
            Sample { labels, value }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prometheus::parse::parse;

    fn sample_series() -> Vec<Series> {
        let of = |pairs: &[(&str, &str)], course| Series {
            labels: pairs
                .iter()
                .map(|(label, value)| ((*label).to_owned(), (*value).to_owned()))
                .collect(),
            course,
        };
        vec![
            of(
                &[("__name__", "c"), ("ns", "a"), ("pod", "1")],
                Course::Counter {
                    per_second: 0.5,
                    since_s: 100.0,
                },
            ),
            of(
                &[("__name__", "c"), ("ns", "a"), ("pod", "2")],
                Course::Counter {
                    per_second: 1.5,
                    since_s: 100.0,
                },
            ),
            of(
                &[("__name__", "c"), ("ns", "b"), ("pod", "3")],
                Course::Counter {
                    per_second: 4.0,
                    since_s: 900.0,
                },
            ),
            of(&[("__name__", "g")], Course::Gauge(7.0)),
        ]
    }

    fn check(query: &str, time_s: f64, expected: &[(&str, f64)]) {
        let samples = evaluate(&parse(query).unwrap(), &sample_series(), time_s).unwrap();
        let ours: Vec<(String, f64)> = samples
            .iter()
            .map(|sample| {
                (
                    sample
                        .labels
                        .values()
                        .cloned()
                        .collect::<Vec<_>>()
                        .join(" "),
                    sample.value,
                )
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
        check("g", 1.0, &[("g", 7.0)]);
        check("c", 200.0, &[("c a 1", 50.0), ("c a 2", 150.0)]);
        check(r#"c{ns!="a"}"#, 1000.0, &[("c b 3", 400.0)]);
        check(
            r#"c{missing=""}"#,
            200.0,
            &[("c a 1", 50.0), ("c a 2", 150.0)],
        );
        check(
            "rate(c[5m])",
            1000.0,
            &[("a 1", 0.5), ("a 2", 1.5), ("b 3", 4.0)],
        );
        check(
            "sum by (ns) (rate(c[5m]))",
            1000.0,
            &[("a", 2.0), ("b", 4.0)],
        );
        check("sum(rate(c[5m]))", 1000.0, &[("", 6.0)]);
        check("avg by (ns) (rate(c[5m]))", 200.0, &[("a", 1.0)]);
        check("count(c)", 1000.0, &[("", 3.0)]);
        check("min(rate(c[5m]))", 1000.0, &[("", 0.5)]);
        check("max by (nope) (rate(c[5m]))", 1000.0, &[("", 4.0)]);
        check(
            "topk(2, rate(c[5m]))",
            1000.0,
            &[("b 3", 4.0), ("a 2", 1.5)],
        );
        check("bottomk(1, rate(c[5m]))", 1000.0, &[("a 1", 0.5)]);
        check("nothing_of_this_name", 1.0, &[]);
        check("sum(nothing_of_this_name)", 1.0, &[]);
    }

    #[test]
    fn the_rate_of_a_gauge_is_refused() {
        let error = evaluate(&parse("rate(g[5m])").unwrap(), &sample_series(), 1.0).unwrap_err();
        assert!(error.contains("g is a gauge"), "{error}");
    }
}
