//! Owns the decision which aggregates of samples the server computes, and the PromQL for it; refuses every one whose result could
//! differ from that of the rows.
//!
//! Samples of one time bin are reduced by `sum_over_time` and its kin, evaluated at the bin's last millisecond, then over series by
//! `sum by (…)`. The metric must be one: these functions drop its name, and series that then look the same are refused.

use serde::{Deserialize, Serialize};
use trawl_sdk::filter::is_timestamp;
use trawl_sdk::schema;
use trawl_sdk::types::{
    Aggregate, AggregateCall, AggregateFunction, Column, DataType, GroupKey, ScanRequest, Schema,
};

use crate::clusters::{self, Clusters};
use crate::evaluate::{Evaluation, Range, When};
use crate::filters::label_of;
use crate::server::Ranges;
use crate::time::{NAME_LABEL, Window, span};

/// What a group is told by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Key {
    /// A label, or none.
    Label(String),
    /// The one metric that is read.
    Metric(String),
    /// The cluster of a label's value.
    Cluster(String),
    /// The time bin.
    Bin,
}

impl Key {
    /// The label that it is read off.
    pub(super) fn label(&self) -> Option<&str> {
        match self {
            Self::Label(label) | Self::Cluster(label) => Some(label),
            Self::Metric(_) | Self::Bin => None,
        }
    }
}

/// What is computed of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Function {
    Count,
    Sum,
    Min,
    Max,
}

impl Function {
    /// Of a series' samples, and of several series' results.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Count => ("count_over_time", "sum"),
            Self::Sum => ("sum_over_time", "sum"),
            Self::Min => ("min_over_time", "min"),
            Self::Max => ("max_over_time", "max"),
        }
    }
}

/// An aggregate that PromQL can say.
pub(super) struct Shape {
    keys: Vec<Key>,
    calls: Vec<Function>,
    /// Whether a call is of values, which native histograms do not have.
    of_values: bool,
    /// Milliseconds.
    bin: Option<i64>,
    columns: Vec<Column>,
}

/// An aggregate over a window, ready to be asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Reduction {
    pub(super) keys: Vec<Key>,
    pub(super) calls: Vec<Function>,
    /// Milliseconds.
    pub(super) bin: Option<i64>,
    /// What goes out: the keys, then the calls.
    pub(super) columns: Vec<Column>,
    /// When it is evaluated, and over how many milliseconds before.
    spans: Vec<(When, i64)>,
}

/// The aggregate's shape; none when PromQL cannot say it.
pub(super) fn shape(
    aggregate: &Aggregate,
    request: &ScanRequest,
    metric: Option<&str>,
    clusters: Option<&Clusters>,
) -> Option<Shape> {
    let metric = metric?;
    let column = |index: u32| request.refs.get(usize::try_from(index).ok()?);
    let mut shape = Shape {
        keys: Vec::new(),
        calls: Vec::new(),
        of_values: false,
        bin: None,
        columns: Vec::new(),
    };
    for group in &aggregate.group_by {
        let of = column(group.column)?;
        shape.keys.push(key(group, of, metric, clusters)?);
        if let Some(bin) = group.bin_ns {
            let bin = i64::try_from(bin).ok().filter(|ns| ns % 1_000_000 == 0)? / 1_000_000;
            // A bin within a bin is not worth it.
            if bin < 1 || shape.bin.replace(bin).is_some() {
                return None;
            }
        }
        shape.columns.push(of.clone());
    }
    for call in &aggregate.calls {
        let of = match call.column {
            Some(index) => Some(column(index)?),
            None => None,
        };
        shape.calls.push(function(call, of)?);
        shape.of_values |= of.is_some();
        shape.columns.push(Column {
            name: call.output.name.clone(),
            path: Vec::new(),
            output: vec![call.output.clone()],
        });
    }
    shape.columns = schema::undescribed(&shape.columns);
    (!shape.calls.is_empty()).then_some(shape)
}

fn key(group: &GroupKey, of: &Column, metric: &str, clusters: Option<&Clusters>) -> Option<Key> {
    if group.bin_ns.is_some() {
        return (of.name == "timestamp" && is_timestamp(of)).then_some(Key::Bin);
    }
    if of.name == clusters::COLUMN && of.path.is_empty() {
        return clusters.map(|clusters| Key::Cluster(clusters.label().to_owned()));
    }
    match label_of(of)? {
        NAME_LABEL => Some(Key::Metric(metric.to_owned())),
        label => Some(Key::Label(label.to_owned())),
    }
}

/// The function of a call. Where every sample has a value, rows and values are equally many.
fn function(call: &AggregateCall, of: Option<&Column>) -> Option<Function> {
    let of_value = of.is_some_and(|of| {
        let data_type = of.output.first().map(|field| &field.data_type);
        of.name == "value" && of.path.is_empty() && data_type == Some(&DataType::Float64)
    });
    match call.function {
        AggregateFunction::Count if of_value || of.is_none() => Some(Function::Count),
        AggregateFunction::Sum if of_value => Some(Function::Sum),
        AggregateFunction::Min if of_value => Some(Function::Min),
        AggregateFunction::Max if of_value => Some(Function::Max),
        _ => None,
    }
}

impl Shape {
    /// Whether it is of values, and not only of how many samples there are.
    pub(super) fn is_of_values(&self) -> bool {
        self.of_values
    }

    /// The aggregate over a window; none when its edges are finer than what the server's ranges can say.
    pub(super) fn over(self, window: Window, ranges: Ranges) -> Option<Reduction> {
        Some(Reduction {
            spans: spans(window, self.bin, ranges)?,
            keys: self.keys,
            calls: self.calls,
            bin: self.bin,
            columns: self.columns,
        })
    }
}

/// When to evaluate so that each bin's part of the window is covered once: the whole bins as one range, those at the edges alone.
fn spans(window: Window, bin: Option<i64>, ranges: Ranges) -> Option<Vec<(When, i64)>> {
    // How long a range is that holds the milliseconds `from` to `to`, both included.
    let range = |width: i64| match ranges {
        Ranges::Closed => Some(width).filter(|width| *width > 0),
        Ranges::LeftOpen => width.checked_add(1),
    };
    let once = |from: i64, to: i64| Some((When::At(to), range(to.checked_sub(from)?)?));
    let Some(bin) = bin else {
        return Some(vec![once(window.from, window.to)?]);
    };
    let start = |at: i64| at.div_euclid(bin).checked_mul(bin);
    let end = |at: i64| start(at)?.checked_add(bin - 1);
    let (first_end, last_start) = (end(window.from)?, start(window.to)?);
    if first_end >= window.to {
        return Some(vec![once(window.from, window.to)?]);
    }
    let mut spans = Vec::new();
    let mut whole_from = window.from;
    if start(window.from)? != window.from {
        spans.push(once(window.from, first_end)?);
        whole_from = first_end.checked_add(1)?;
    }
    let whole_to = if end(window.to)? == window.to {
        window.to
    } else {
        last_start.checked_sub(1)?
    };
    if whole_from < whole_to {
        let range_of_bins = Range {
            first: whole_from.checked_add(bin - 1)?,
            last: whole_to,
            step: bin,
        };
        if range_of_bins.parts() > crate::evaluate::MAX_PARTS {
            return None;
        }
        spans.push((When::Each(range_of_bins), range(bin - 1)?));
    } else if whole_from == whole_to {
        spans.push(once(whole_from, whole_to)?);
    }
    if whole_to != window.to {
        spans.push(once(last_start, window.to)?);
    }
    Some(spans)
}

impl Reduction {
    /// What goes out.
    pub(super) fn schema(&self) -> Schema {
        schema::projected(&self.columns)
    }

    /// When to evaluate, in the order of time, and over how many milliseconds before.
    pub(super) fn spans(&self) -> &[(When, i64)] {
        &self.spans
    }

    /// What is asked for, each once.
    pub(super) fn functions(&self) -> Vec<Function> {
        let mut functions: Vec<Function> = Vec::new();
        for call in &self.calls {
            if !functions.contains(call) {
                functions.push(*call);
            }
        }
        functions
    }

    /// What a function is of a range before each of these times.
    pub(super) fn evaluation(
        &self,
        function: Function,
        selector: &str,
        when: &When,
        range: i64,
    ) -> Evaluation {
        Evaluation {
            promql: self.promql(function, selector, range),
            when: when.clone(),
            limit: None,
        }
    }

    /// What to evaluate, in the order of time, and which function's results that are.
    pub(super) fn evaluations(&self, selector: &str) -> Vec<(Function, Evaluation)> {
        let functions = self.functions();
        let evaluations = self.spans.iter().flat_map(|(when, range)| {
            functions.iter().map(|function| {
                (
                    *function,
                    self.evaluation(*function, selector, when, *range),
                )
            })
        });
        evaluations.collect()
    }

    /// The part of the whole window that one evaluation is about; none when there are several, or none.
    pub(super) fn window_of(&self, when: &When, whole: Window) -> Option<Window> {
        let to = match when {
            When::At(to) => *to,
            When::Each(range) if range.first == range.last => range.last,
            When::Each(_) | When::Now(_) => return None,
        };
        let from = match self.bin {
            Some(bin) => to.div_euclid(bin).checked_mul(bin)?.max(whole.from),
            None => whole.from,
        };
        Some(Window { from, to })
    }

    fn promql(&self, function: Function, selector: &str, range: i64) -> String {
        let (of_samples, of_series) = function.names();
        let mut labels: Vec<&str> = Vec::new();
        for label in self.keys.iter().filter_map(Key::label) {
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
        let by = if labels.is_empty() {
            String::new()
        } else {
            format!(" by ({}) ", labels.join(", "))
        };
        format!("{of_series}{by}({of_samples}({selector}[{}]))", span(range))
    }

    /// Its line in `explain`.
    pub(super) fn explain(&self, selector: &str) -> String {
        let all = self.evaluations(selector);
        let lines: Vec<String> = all.iter().map(|(_, it)| it.explain()).collect();
        lines.join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bin_of_a_window_is_covered_once() {
        let each = |first, last| {
            When::Each(Range {
                first,
                last,
                step: 10,
            })
        };
        for (from, to, closed) in [
            (0, 29, Some(vec![(each(9, 29), 9)])),
            (
                5,
                33,
                Some(vec![(When::At(9), 4), (each(19, 29), 9), (When::At(33), 3)]),
            ),
            (5, 8, Some(vec![(When::At(8), 3)])),
            (5, 12, Some(vec![(When::At(9), 4), (When::At(12), 2)])),
            (-5, 9, Some(vec![(When::At(-1), 4), (each(9, 9), 9)])),
            // One millisecond alone is no range of Prometheus 2.
            (9, 15, None),
            (0, 10, None),
        ] {
            let window = Window { from, to };
            let found = spans(window, Some(10), Ranges::Closed);
            assert_eq!(found, closed, "{from} {to}");
            let open = spans(window, Some(10), Ranges::LeftOpen).unwrap();
            let covered: i64 = open.iter().map(|(when, range)| steps(when) * range).sum();
            assert_eq!(covered, to - from + 1, "{from} {to}");
        }
        let window = Window { from: 0, to: 100 };
        assert_eq!(
            spans(window, None, Ranges::Closed),
            Some(vec![(When::At(100), 100)])
        );
        let huge = Window {
            from: 0,
            to: i64::MAX,
        };
        assert_eq!(spans(huge, Some(2), Ranges::Closed), None);
    }

    fn steps(when: &When) -> i64 {
        match when {
            When::Each(range) => (range.last - range.first) / range.step + 1,
            _ => 1,
        }
    }
}
