//! Owns the evaluation of queries on the streams; refuses requests and answers.

use std::collections::BTreeMap;

use crate::logql::{Matcher, Measure, Pipeline, Query, Stage};
use crate::{Entry, Labels, Loki, Stream};

/// An entry that a pipeline let through.
#[derive(Debug, Clone)]
pub(crate) struct Found<'l> {
    pub(crate) stream: &'l Labels,
    pub(crate) entry: &'l Entry,
    /// Structured metadata as the pipeline knows it: a name that the stream has too gets a suffix.
    pub(crate) metadata: Labels,
    pub(crate) parsed: Labels,
}

impl Found<'_> {
    /// All labels under one roof.
    pub(crate) fn labels(&self) -> Labels {
        let mut all = self.stream.clone();
        all.extend(self.metadata.clone());
        all.extend(self.parsed.clone());
        all
    }
}

fn value<'l>(labels: &'l Labels, name: &str) -> &'l str {
    labels.get(name).map_or("", String::as_str)
}

/// Whether a stream passes all matchers; a missing label is an empty one.
pub(crate) fn selects(matchers: &[Matcher], labels: &Labels) -> bool {
    let passes = |it: &Matcher| it.test.passes(value(labels, &it.label));
    matchers.iter().all(passes)
}

fn extracted(name: &str, stream: &Labels) -> String {
    if stream.contains_key(name) {
        format!("{name}_extracted")
    } else {
        name.to_owned()
    }
}

fn run<'l>(pipeline: &Pipeline, stream: &'l Stream, entry: &'l Entry) -> Option<Found<'l>> {
    let own = entry.metadata.iter();
    let mut found = Found {
        stream: &stream.labels,
        entry,
        metadata: own
            .map(|(name, value)| (extracted(name, &stream.labels), value.clone()))
            .collect(),
        parsed: Labels::new(),
    };
    for stage in &pipeline.stages {
        let passes = match stage {
            Stage::Contains(text, wanted) => entry.line.contains(text) == *wanted,
            Stage::Matches(regex, wanted) => regex.is_match(&entry.line) == *wanted,
            Stage::Label(matcher) => {
                let labels = found.labels();
                matcher.test.passes(value(&labels, &matcher.label))
            }
            Stage::Json => {
                if let Ok(serde_json::Value::Object(members)) = serde_json::from_str(&entry.line) {
                    for (name, value) in members {
                        let text = match value {
                            serde_json::Value::String(text) => text,
                            other => other.to_string(),
                        };
                        found.parsed.insert(extracted(&name, &stream.labels), text);
                    }
                }
                true
            }
        };
        if !passes {
            return None;
        }
    }
    Some(found)
}

/// The entries of a range, in no order; `end` is excluded.
pub(crate) fn entries<'l>(
    loki: &'l Loki,
    pipeline: &Pipeline,
    start: i64,
    end: i64,
) -> Vec<Found<'l>> {
    loki.streams
        .iter()
        .filter(|stream| selects(&pipeline.matchers, &stream.labels))
        .flat_map(|stream| stream.entries.iter().map(move |entry| (stream, entry)))
        .filter(|(_, entry)| start <= entry.at && entry.at < end)
        .filter_map(|(stream, entry)| run(pipeline, stream, entry))
        .collect()
}

/// The samples at one time, by their labels. `m[d]` at `t` is what came after `t - d` up to `t`.
pub(crate) fn samples(loki: &Loki, query: &Query, at: i64) -> BTreeMap<Labels, f64> {
    match query {
        Query::Entries(_) => BTreeMap::new(),
        Query::Number(number) => BTreeMap::from([(Labels::new(), *number)]),
        Query::Range { measure, of, range } => {
            let mut counts: BTreeMap<Labels, f64> = BTreeMap::new();
            let start = at.saturating_sub(*range).saturating_add(1);
            for found in entries(loki, of, start, at.saturating_add(1)) {
                *counts.entry(found.labels()).or_default() += 1.0;
            }
            if let Measure::Rate = measure {
                let seconds = *range as f64 / 1e9;
                counts.values_mut().for_each(|count| *count /= seconds);
            }
            counts
        }
        Query::Sum(kept, inner) => {
            let mut sums: BTreeMap<Labels, f64> = BTreeMap::new();
            for (labels, value) in samples(loki, inner, at) {
                let left = labels.into_iter().filter(|(name, _)| kept.contains(name));
                *sums.entry(left.collect()).or_default() += value;
            }
            sums
        }
    }
}
