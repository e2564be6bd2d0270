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
use crate::evaluate::{self, Sink};
use crate::time::ns_of_ms;

/// Groups that are held at most. At some 200 bytes each that is 40 MB of the sandbox's memory; more go out in parts, which the host
/// merges as it does those of several servers.
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
    let mut groups = Groups {
        reduction,
        clusters: wanted.clusters.as_ref(),
        output,
        function: Function::Count,
        keys: Vec::new(),
        held: BTreeMap::new(),
        pushed: false,
        stopped: false,
    };
    let evaluations = reduction.evaluations(&wanted.selector);
    let calls = evaluations.iter().flat_map(|(function, evaluation)| {
        let calls = evaluation.calls();
        calls.map(move |call| (*function, call))
    });
    evaluate::run(calls, remote, &mut groups, output, |groups, function| {
        groups.function = function;
    })?;
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

struct Groups<'g> {
    reduction: &'g Reduction,
    clusters: Option<&'g Clusters>,
    output: &'g dyn Output,
    /// Whose results come now.
    function: Function,
    /// The keys of the series whose results come now.
    keys: Vec<Option<String>>,
    held: BTreeMap<Group, Values>,
    pushed: bool,
    stopped: bool,
}

impl Groups<'_> {
    /// Pushes the groups that are held, and holds none.
    fn push(&mut self) -> Result<(), Error> {
        let mut batch = BatchBuilder::new(&self.reduction.columns)?;
        for ((keys, bin), mut values) in std::mem::take(&mut self.held) {
            if self.stopped {
                break;
            }
            let mut columns = batch.columns_mut().iter_mut();
            for (key, text) in self.reduction.keys.iter().zip(&keys) {
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
            batch.end_row()?;
            self.pushed = true;
            if batch.is_full()
                && let Some(full) = batch.finish()
            {
                self.stopped |= self.output.push(full)? == Flow::Stop;
            }
        }
        if let Some(rest) = batch.finish() {
            self.stopped |= self.output.push(rest)? == Flow::Stop;
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
        let group = self.held.entry((self.keys.clone(), bin)).or_default();
        *group.of(self.function) = Some(*value);
        if self.held.len() >= MAX_GROUPS {
            self.push()?;
        }
        Ok(if self.stopped { Flow::Stop } else { Flow::More })
    }
}

impl Sink for Groups<'_> {
    fn stopped(&self) -> bool {
        self.stopped
    }

    fn flush(&mut self) -> Result<(), Error> {
        Ok(())
    }
}
