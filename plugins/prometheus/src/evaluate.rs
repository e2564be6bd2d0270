//! Owns the evaluation of PromQL, at one time or over a range that is asked for in parts, one part ahead; refuses rows and filters.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use trawl_sdk::http::Pending;
use trawl_sdk::{Error, Output};

use crate::answer::{self, Interrupt, Results, Samples};
use crate::api::{Call, Remote};
use crate::time::{Window, seconds};

/// The most points of a series in one answer: Prometheus answers 400 to more ("exceeded maximum resolution of 11,000 points per
/// timeseries"), and so do its kin.
pub(crate) const MAX_POINTS: i64 = 11_000;

/// The most requests for one range. Eleven million points of each series are more than anybody looks at, and the query would
/// not end in its time.
pub(crate) const MAX_PARTS: i64 = 1_000;

/// When an expression is evaluated, in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum When {
    /// Once, at the query's now; none: at the server's.
    Now(Option<i64>),
    /// Once, at a time that the query names.
    At(i64),
    /// At each step of a range whose ends are steps.
    Each(Range),
}

impl When {
    /// How many evaluations it is.
    pub(crate) fn points(&self) -> i64 {
        match self {
            Self::Now(_) | Self::At(_) => 1,
            Self::Each(range) => range.last.saturating_sub(range.first) / range.step.max(1) + 1,
        }
    }

    /// The first `points` of its evaluations, at least one, and the others.
    pub(crate) fn split(&self, points: i64) -> (Self, Option<Self>) {
        let Self::Each(range) = self else {
            return (self.clone(), None);
        };
        let width = range.step.saturating_mul(points.max(1));
        let second = range.first.saturating_add(width);
        if second > range.last {
            return (self.clone(), None);
        }
        let head = Range {
            last: second.saturating_sub(range.step),
            ..*range
        };
        let tail = Range {
            first: second,
            ..*range
        };
        (Self::Each(head), Some(Self::Each(tail)))
    }
}

/// Times from `first` to `last`, `step` apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Range {
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) step: i64,
}

impl Range {
    /// The multiples of `step` in a window; none when there are none.
    ///
    /// # Errors
    /// `invalid-query` when they are too many.
    pub(crate) fn within(window: Window, step: i64) -> Result<Option<Self>, Error> {
        let before = window.from.div_euclid(step).checked_mul(step);
        let first = match before {
            Some(first) if first == window.from => Some(first),
            Some(before) => before.checked_add(step),
            None => None,
        };
        let last = window.to.div_euclid(step).checked_mul(step);
        let (Some(first), Some(last)) = (first, last) else {
            return Ok(None);
        };
        if first > last {
            return Ok(None);
        }
        let range = Self { first, last, step };
        if range.parts() > MAX_PARTS {
            let least = last.saturating_sub(first) / (MAX_POINTS * MAX_PARTS) + 1;
            return Err(Error::invalid_query(format!(
                "expected a range of at most {} steps, got one of {} ms with a step of {step} ms",
                MAX_POINTS * MAX_PARTS,
                last.saturating_sub(first)
            ))
            .with_hint(format!(
                "narrow the conditions on `timestamp`, or use a step of at least {least} ms"
            )));
        }
        Ok(Some(range))
    }

    /// How many requests it takes.
    pub(crate) fn parts(self) -> i64 {
        let steps = self.last.saturating_sub(self.first) / self.step;
        steps / MAX_POINTS + 1
    }

    /// The range of one request.
    fn part(self, index: i64) -> Option<Self> {
        let width = self.step.checked_mul(MAX_POINTS)?;
        let first = self.first.checked_add(width.checked_mul(index)?)?;
        let last = first.saturating_add(width.saturating_sub(self.step));
        (first <= self.last).then_some(Self {
            first,
            last: last.min(self.last),
            step: self.step,
        })
    }
}

/// One expression to evaluate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Evaluation {
    pub(crate) promql: String,
    pub(crate) when: When,
    /// The most series wanted, for servers that can stop there.
    pub(crate) limit: Option<u64>,
}

impl Evaluation {
    /// Its requests, in the order of time.
    pub(crate) fn calls(&self) -> impl Iterator<Item = Call> + '_ {
        let parts = match &self.when {
            When::Now(_) | When::At(_) => 1,
            When::Each(range) => range.parts(),
        };
        (0..parts).filter_map(|index| self.call(index))
    }

    fn call(&self, index: i64) -> Option<Call> {
        let at = |time: Option<i64>| {
            Call::of(["query"])
                .with("query", self.promql.as_str())
                .with_some("time", time.map(seconds))
        };
        let call = match &self.when {
            When::Now(time) => at(*time),
            When::At(time) => at(Some(*time)),
            When::Each(range) => {
                let part = range.part(index)?;
                Call::of(["query_range"])
                    .with("query", self.promql.as_str())
                    .with("start", seconds(part.first))
                    .with("end", seconds(part.last))
                    .with("step", seconds(part.step))
            }
        };
        Some(call.with_some("limit", self.limit.map(|limit| limit.to_string())))
    }

    /// Its line in `explain`.
    pub(crate) fn explain(&self) -> String {
        let Some(call) = self.call(0) else {
            return String::new();
        };
        match &self.when {
            When::Now(_) => format!("GET /api/v1/query: {}", self.promql),
            When::At(_) => call.to_string(),
            When::Each(range) if range.parts() == 1 => call.to_string(),
            When::Each(range) => format!("{call} (the first of {} requests)", range.parts()),
        }
    }
}

/// What samples go to, and whether it wants more of them.
pub(crate) trait Sink: Samples {
    /// Whether no more samples are wanted.
    fn stopped(&self) -> bool;

    /// Whether as many came as were wanted.
    fn satisfied(&self) -> bool {
        false
    }

    /// Passes on what there is, after each answer.
    ///
    /// # Errors
    /// What the output says.
    fn flush(&mut self) -> Result<(), Error>;
}

/// Requests under way beyond the one that is read. A server works at 20 queries at once by default (--query.max-concurrency), and
/// others want some of them.
const AHEAD: usize = 2;

/// Evaluates calls one after the other, the next ones under way while one is read. `begin` is told whose samples come next.
///
/// # Errors
/// What the server answers.
pub(crate) fn run<S: Sink, T>(
    calls: impl Iterator<Item = (T, Call)>,
    remote: &Remote<'_>,
    into: &mut S,
    output: &dyn Output,
    mut begin: impl FnMut(&mut S, T),
) -> Result<(), Error> {
    let mut calls = calls.map(|(whose, call)| call.start(remote).map(|pending| (whose, pending)));
    let mut ahead = VecDeque::new();
    while !into.stopped() {
        while ahead.len() <= AHEAD
            && let Some(started) = calls.next().transpose()?
        {
            ahead.push_back(started);
        }
        let Some((whose, pending)) = ahead.pop_front() else {
            break;
        };
        begin(into, whose);
        read(pending, into, output)?;
    }
    Ok(())
}

/// Reads one answer into the sink.
///
/// # Errors
/// What the server answers.
pub(crate) fn read<S: Sink>(
    pending: Pending,
    into: &mut S,
    output: &dyn Output,
) -> Result<(), Error> {
    let interrupt = Interrupt::default();
    let results = Results {
        into: &mut *into,
        interrupt: &interrupt,
    };
    let said = answer::read(pending, results, &interrupt);
    // What came before an error stays.
    into.flush()?;
    if let Some(said) = said? {
        said.report(into.satisfied(), output);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(from: i64, to: i64, step: i64) -> Option<(i64, i64)> {
        let range = Range::within(Window { from, to }, step).unwrap();
        range.map(|range| (range.first, range.last))
    }

    #[test]
    fn ranges_are_the_multiples_of_the_step() {
        assert_eq!(within(0, 100, 30), Some((0, 90)));
        assert_eq!(within(1, 100, 30), Some((30, 90)));
        assert_eq!(within(-31, -1, 30), Some((-30, -30)));
        assert_eq!(within(31, 59, 30), None);
        assert_eq!(within(5, 4, 1), None);
        assert_eq!(within(i64::MIN, i64::MIN, 7), None);
        assert_eq!(within(i64::MAX, i64::MAX, 2), None);
        let error = Range::within(
            Window {
                from: 0,
                to: i64::MAX,
            },
            1,
        )
        .unwrap_err();
        assert!(error.hint.unwrap().contains("a step of at least"));
    }

    #[test]
    fn long_ranges_come_in_parts_without_a_gap() {
        let range = Range {
            first: 0,
            last: 22_000 * 10,
            step: 10,
        };
        let evaluation = Evaluation {
            promql: "up".into(),
            when: When::Each(range),
            limit: None,
        };
        let calls: Vec<String> = evaluation.calls().map(|call| call.to_string()).collect();
        assert_eq!(
            calls,
            [
                "GET /api/v1/query_range?start=0&end=109.990&step=0.010: up",
                "GET /api/v1/query_range?start=110&end=219.990&step=0.010: up",
                "GET /api/v1/query_range?start=220&end=220&step=0.010: up",
            ]
        );
        assert!(evaluation.explain().ends_with("(the first of 3 requests)"));
        let steps = |range: Range| (range.last - range.first) / range.step + 1;
        let all = (0..range.parts()).filter_map(|index| range.part(index));
        assert_eq!(all.map(steps).sum::<i64>(), steps(range));
    }
}
