//! Owns evaluation: an expression over the series at one or many instants.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::matcher::Selector;
use super::over_time;
use super::parse::{Aggregation, Expr};
use super::series::{Labels, SCRAPE_MS, Series};

/// Prometheus' `--query.max-samples` is 50 million; a demo has less patience.
pub(super) const MAX_SAMPLES: i64 = 20_000_000;

/// A series of results: a value, or none, for each instant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub(crate) labels: Arc<Labels>,
    pub(crate) values: Vec<Option<f64>>,
}

/// Why an expression has no result.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Failure {
    /// It is none that can be evaluated: 400 `bad_data`.
    Bad(String),
    /// It fails while it is evaluated: 422 `execution`.
    Execution(String),
}

/// Evaluates at instants in milliseconds since 1970. Of the result, lines without any value are left out.
pub(crate) fn evaluate(
    expr: &Expr,
    series: &[Series],
    times_ms: &[i64],
) -> Result<Vec<Line>, Failure> {
    let mut lines = lines(expr, series, times_ms)?;
    lines.retain(|line| line.values.iter().any(Option::is_some));
    Ok(lines)
}

fn lines(expr: &Expr, series: &[Series], times_ms: &[i64]) -> Result<Vec<Line>, Failure> {
    match expr {
        Expr::Selector(selector) => {
            let found = selected(selector, series);
            check_size(found.len(), times_ms, SCRAPE_MS)?;
            Ok(found
                .into_iter()
                .map(|series| Line {
                    labels: series.labels.clone(),
                    values: times_ms.iter().map(|time_ms| series.at(*time_ms)).collect(),
                })
                .collect())
        }
        Expr::Range { .. } => Err(Failure::Bad(
            "a range such as m[5m] is no instant vector: give it to a function or ask for it alone"
                .to_owned(),
        )),
        Expr::Over {
            function,
            of,
            range_ms,
        } => {
            let found = selected(of, series);
            check_size(found.len(), times_ms, *range_ms)?;
            found
                .into_iter()
                .map(|series| {
                    let value =
                        |time_ms: &i64| over_time::value(*function, series, *time_ms, *range_ms);
                    let values = times_ms.iter().map(value).collect::<Result<_, String>>();
                    Ok(Line {
                        labels: if function.keeps_name() {
                            series.labels.clone()
                        } else {
                            series.nameless.clone()
                        },
                        values: values.map_err(Failure::Bad)?,
                    })
                })
                .collect()
        }
        Expr::Aggregate { op, grouping, of } => {
            let mut groups: BTreeMap<Labels, Vec<Line>> = BTreeMap::new();
            for line in evaluate(of, series, times_ms)? {
                groups
                    .entry(grouping.key(&line.labels))
                    .or_default()
                    .push(line);
            }
            Ok(groups
                .into_iter()
                .map(|(labels, lines)| Line {
                    labels: Arc::new(labels),
                    values: (0..times_ms.len())
                        .map(|at| op.of(&values_at(&lines, at)))
                        .collect(),
                })
                .collect())
        }
        Expr::Top { count, largest, of } => Ok(top(
            evaluate(of, series, times_ms)?,
            *count,
            *largest,
            times_ms.len(),
        )),
        Expr::Compare { sign, with, of } => {
            let mut lines = evaluate(of, series, times_ms)?;
            for value in lines.iter_mut().flat_map(|line| &mut line.values) {
                *value = value.filter(|value| sign.holds(*value, *with));
            }
            Ok(lines)
        }
    }
}

/// The series that a selector means.
pub(crate) fn selected<'a>(selector: &Selector, series: &'a [Series]) -> Vec<&'a Series> {
    series
        .iter()
        .filter(|series| selector.selects(&series.labels))
        .collect()
}

/// Checks that the samples to be read are not too many.
pub(crate) fn check_size(series: usize, times_ms: &[i64], range_ms: i64) -> Result<(), Failure> {
    let count = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    let samples = (range_ms / SCRAPE_MS)
        .max(1)
        .saturating_mul(count(series))
        .saturating_mul(count(times_ms.len()));
    if samples <= MAX_SAMPLES {
        return Ok(());
    }
    Err(Failure::Execution(
        "query processing would load too many samples into memory in query execution".to_owned(),
    ))
}

fn values_at(lines: &[Line], at: usize) -> Vec<f64> {
    lines
        .iter()
        .filter_map(|line| *line.values.get(at)?)
        .collect()
}

impl Aggregation {
    /// The value of a group; none of none.
    fn of(self, values: &[f64]) -> Option<f64> {
        if values.is_empty() {
            return None;
        }
        let sum: f64 = values.iter().sum();
        let count = values.iter().fold(0.0, |count, _| count + 1.0);
        Some(match self {
            Aggregation::Sum => sum,
            Aggregation::Count => count,
            Aggregation::Avg => sum / count,
            Aggregation::Min => values.iter().copied().fold(f64::INFINITY, f64::min),
            Aggregation::Max => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }
}

/// The `count` largest or smallest values of each instant. At a single instant they are in that order.
fn top(mut lines: Vec<Line>, count: usize, largest: bool, instants: usize) -> Vec<Line> {
    let order = |a: f64, b: f64| {
        if largest {
            b.total_cmp(&a)
        } else {
            a.total_cmp(&b)
        }
    };
    for at in 0..instants {
        let mut values = values_at(&lines, at);
        values.sort_by(|a, b| order(*a, *b));
        let mut left = count;
        let last = values.get(count.saturating_sub(1)).copied();
        let better = |value: f64| last.is_none_or(|last| order(value, last).is_lt());
        let ahead = values.iter().filter(|value| better(**value)).count();
        let mut equal = count.saturating_sub(ahead);
        for line in &mut lines {
            let Some(value) = line.values.get_mut(at) else {
                continue;
            };
            let Some(number) = *value else { continue };
            let keeps = left > 0 && (better(number) || equal > 0 && last == Some(number));
            if keeps {
                left = left.saturating_sub(1);
                if !better(number) {
                    equal = equal.saturating_sub(1);
                }
            } else {
                *value = None;
            }
        }
    }
    if instants == 1 {
        lines.sort_by(|a, b| {
            let value = |line: &Line| line.values.first().copied().flatten().unwrap_or(0.0);
            order(value(a), value(b))
        });
    }
    lines
}

#[cfg(test)]
mod tests;
