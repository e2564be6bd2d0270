//! Owns the way from the server's results of several functions to rows of groups; refuses to compute them itself.

use std::collections::BTreeMap;

use trawl_sdk::columns::{BatchBuilder, Scalar};
use trawl_sdk::types::Flow;
use trawl_sdk::{Error, Output};

use super::Wanted;
use super::reduce::{Function, Key, Reduction};
use crate::answer::{Labels, Sample, Samples};
use crate::api::Remote;
use crate::clusters::Clusters;
use crate::evaluate::{self, Evaluation, MAX_POINTS, Sink, When};
use crate::time::{Window, ns_of_ms};

/// Groups that are held at most. At some 200 bytes each that is 40 MB of the sandbox's memory.
const MAX_GROUPS: usize = 200_000;

/// Asks for all functions and pushes the groups' rows.
///
/// # Errors
/// What the server answers.
pub(super) fn scan(
    reduction: &Reduction,
    wanted: &Wanted,
    remote: &Remote<'_>,
    output: &dyn Output,
) -> Result<(), Error> {
    scan_holding(MAX_GROUPS, reduction, wanted, remote, output)
}

/// The same, with at most so many groups held.
fn scan_holding(
    most: usize,
    reduction: &Reduction,
    wanted: &Wanted,
    remote: &Remote<'_>,
    output: &dyn Output,
) -> Result<(), Error> {
    let functions = reduction.functions();
    let mut groups = Groups {
        reduction,
        clusters: wanted.clusters.as_ref(),
        output,
        batch: BatchBuilder::new(&reduction.columns)?,
        most,
        alone: functions.len() == 1,
        function: Function::Count,
        keys: Vec::new(),
        held: BTreeMap::new(),
        raw: None,
        pushed: false,
        full: false,
        stopped: false,
    };
    if groups.alone {
        // Each result is its group's whole row, so that all answers may follow one another.
        groups.ask(&reduction.evaluations(&wanted.selector), remote)?;
    } else {
        groups.ask_in_parts(&functions, wanted, remote)?;
    }
    // Everything together is one group, also when there is nothing.
    if reduction.keys.is_empty() && groups.held.is_empty() && !groups.pushed {
        groups.held.insert((Vec::new(), 0), Values::default());
    }
    groups.push()
}

/// The results of one group.
#[derive(Debug, Clone, Copy, Default)]
struct Values {
    count: Option<f64>,
    sum: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
}

impl Values {
    /// Those of one sample.
    fn of_sample(value: f64) -> Self {
        Self {
            count: Some(1.0),
            sum: Some(value),
            min: Some(value),
            max: Some(value),
        }
    }

    fn of(&mut self, function: Function) -> &mut Option<f64> {
        match function {
            Function::Count => &mut self.count,
            Function::Sum => &mut self.sum,
            Function::Min => &mut self.min,
            Function::Max => &mut self.max,
        }
    }
}

/// A group's keys but for its bin, and the bin's begin in milliseconds.
type Group = (Vec<Option<String>>, i64);

/// The host leaves out a group without a count, so that a row has to have the results of all functions: those of a part of the time
/// are held until it has them. Where too many groups have samples at the same time, their samples go out instead, each as a group.
struct Groups<'g> {
    reduction: &'g Reduction,
    clusters: Option<&'g Clusters>,
    output: &'g dyn Output,
    batch: BatchBuilder,
    /// Groups that are held at most.
    most: usize,
    /// Whether there is no more than one function.
    alone: bool,
    /// Whose results come now.
    function: Function,
    /// The keys of the series whose results come now.
    keys: Vec<Option<String>>,
    held: BTreeMap<Group, Values>,
    /// Samples of this window come, and no results.
    raw: Option<Window>,
    pushed: bool,
    /// Whether there were more groups than may be held.
    full: bool,
    stopped: bool,
}

impl Groups<'_> {
    /// From here on, results are of this function.
    fn of(&mut self, function: Function) {
        self.function = function;
    }

    /// Asks for the results of functions, one after the other.
    fn ask(
        &mut self,
        evaluations: &[(Function, Evaluation)],
        remote: &Remote<'_>,
    ) -> Result<(), Error> {
        let output = self.output;
        let calls = evaluations.iter().flat_map(|(function, evaluation)| {
            let calls = evaluation.calls();
            calls.map(move |call| (*function, call))
        });
        evaluate::run(calls, remote, self, output, Groups::of)
    }

    /// Asks for all functions of one part of the time, then of the next; of shorter parts once one has too many groups.
    fn ask_in_parts(
        &mut self,
        functions: &[Function],
        wanted: &Wanted,
        remote: &Remote<'_>,
    ) -> Result<(), Error> {
        let reduction = self.reduction;
        let mut points = MAX_POINTS;
        for (when, range) in reduction.spans() {
            let mut left = Some(when.clone());
            while let Some(when) = left.take().filter(|_| !self.stopped) {
                let (part, rest) = when.split(points);
                let of = |function: &Function| {
                    let one = reduction.evaluation(*function, &wanted.selector, &part, *range);
                    (*function, one)
                };
                let evaluations: Vec<_> = functions.iter().map(of).collect();
                self.ask(&evaluations, remote)?;
                if !self.full {
                    self.push()?;
                    left = rest;
                    continue;
                }
                // Nothing of it went out, so that no group comes twice.
                self.held.clear();
                self.full = false;
                if part.points() > 1 {
                    points = part.points() / 2;
                    left = Some(when);
                } else {
                    self.read_raw(&part, wanted, remote)?;
                    left = rest;
                }
            }
        }
        Ok(())
    }

    /// Reads the samples of a time that is not divided any further.
    fn read_raw(&mut self, when: &When, wanted: &Wanted, remote: &Remote<'_>) -> Result<(), Error> {
        let Some(window) = self.reduction.window_of(when, wanted.window) else {
            return Err(Error::internal(
                "expected one time to read the samples of, got several",
            ));
        };
        self.raw = Some(window);
        let output = self.output;
        super::read(wanted, window, remote, self, output)?;
        self.raw = None;
        self.push()
    }

    /// Pushes the groups that are held, and holds none.
    fn push(&mut self) -> Result<(), Error> {
        for ((keys, bin), values) in std::mem::take(&mut self.held) {
            if self.stopped {
                break;
            }
            self.row(&keys, bin, values)?;
        }
        if let Some(rest) = self.batch.finish() {
            self.stopped |= self.output.push(rest)? == Flow::Stop;
        }
        Ok(())
    }

    /// Puts out one group.
    fn row(&mut self, keys: &[Option<String>], bin: i64, mut values: Values) -> Result<(), Error> {
        let mut columns = self.batch.columns_mut().iter_mut();
        for (key, text) in self.reduction.keys.iter().zip(keys) {
            let Some(column) = columns.next() else { break };
            column.append(match (key, text) {
                (Key::Bin, _) => Scalar::TimestampNs(ns_of_ms(bin)),
                (_, Some(text)) => Scalar::Str(text),
                (_, None) => Scalar::Null,
            })?;
        }
        for call in &self.reduction.calls {
            let Some(column) = columns.next() else { break };
            let value = match (call, *values.of(*call)) {
                (_, Some(value)) => Scalar::Float(value),
                (Function::Count, None) => Scalar::Int(0),
                (_, None) => Scalar::Null,
            };
            column.append(value)?;
        }
        self.batch.end_row()?;
        self.pushed = true;
        if self.batch.is_full()
            && let Some(full) = self.batch.finish()
        {
            self.stopped |= self.output.push(full)? == Flow::Stop;
        }
        Ok(())
    }
}

impl Samples for Groups<'_> {
    fn series(&mut self, labels: Labels) {
        let clusters = self.clusters;
        let key = |key: &Key| match key {
            Key::Label(label) => labels.get(label).cloned(),
            Key::Metric(name) => Some(name.clone()),
            Key::Cluster(label) => {
                let name = clusters.and_then(|it| it.name_of_value(labels.get(label)?));
                name.map(str::to_owned)
            }
            Key::Bin => None,
        };
        self.keys = self.reduction.keys.iter().map(key).collect();
    }

    fn sample(&mut self, ms: i64, sample: &Sample) -> Result<Flow, Error> {
        let Sample::Float(value) = sample else {
            return Err(Error::protocol(
                "expected floats of a server that has no native histograms, got one",
            )
            .with_hint(
                "run the query again in ten minutes, when the server is asked anew what it has",
            ));
        };
        let bin = self
            .reduction
            .bin
            .map_or(0, |bin| ms.div_euclid(bin).saturating_mul(bin));
        if let Some(window) = self.raw {
            if window.contains(ms) {
                let keys = std::mem::take(&mut self.keys);
                self.row(&keys, bin, Values::of_sample(*value))?;
                self.keys = keys;
            }
        } else {
            let group = self.held.entry((self.keys.clone(), bin)).or_default();
            *group.of(self.function) = Some(*value);
            if self.held.len() > self.most && self.alone {
                self.push()?;
            } else {
                self.full = self.held.len() > self.most;
            }
        }
        Ok(if self.stopped() {
            Flow::Stop
        } else {
            Flow::More
        })
    }
}

impl Sink for Groups<'_> {
    fn stopped(&self) -> bool {
        self.stopped || self.full
    }

    fn flush(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
