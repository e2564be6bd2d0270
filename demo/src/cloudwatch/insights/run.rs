//! Owns running a query over the events of groups within a range of time.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::parse::{Condition, Key, Query, Stats, Test};
use super::record::{Record, instant};
use crate::cloudwatch::account::ACCOUNT_ID;
use crate::cloudwatch::log_group::LogGroup;

/// A row: fields with their values, in the order they were asked for.
pub(crate) type Row = Vec<(String, String)>;

/// The result of a query.
#[derive(Debug, Default, Clone)]
pub(crate) struct Outcome {
    pub(crate) rows: Vec<Row>,
    pub(crate) matched: usize,
    pub(crate) scanned: usize,
    pub(crate) scanned_bytes: usize,
}

/// Runs a query over the events from `from_s` to `to_s`, both included; `limit` holds where the query has none.
pub(crate) fn run(
    query: &Query,
    groups: &[&LogGroup],
    (from_s, to_s): (i64, i64),
    limit: usize,
) -> Outcome {
    let mut outcome = Outcome::default();
    let logs: Vec<String> = groups
        .iter()
        .map(|group| format!("{ACCOUNT_ID}:{}", group.name))
        .collect();
    let (from_ms, to_ms) = (from_s.saturating_mul(1000), to_s.saturating_mul(1000));
    let mut records: Vec<Record<'_>> = Vec::new();
    for (group, log) in groups.iter().zip(&logs) {
        let content = group.content();
        for event in &content.events {
            let (Some(stream), true) = (
                content.stream(event),
                (from_ms..=to_ms).contains(&event.at_ms),
            ) else {
                continue;
            };
            let message = content.message(event);
            outcome.scanned = outcome.scanned.saturating_add(1);
            outcome.scanned_bytes = outcome.scanned_bytes.saturating_add(message.len());
            let record = Record {
                at_ms: event.at_ms,
                ingested_ms: event.ingested_ms,
                stream: &stream.name,
                log,
                parsed: serde_json::from_str(&message).ok(),
                message,
            };
            if query
                .conditions
                .iter()
                .all(|condition| holds(condition, &record))
            {
                records.push(record);
            }
        }
    }
    outcome.matched = records.len();
    let limit = query.limit.unwrap_or(limit);
    outcome.rows = match &query.stats {
        Some(stats) => counted(query, stats, &records),
        None => listed(query, &mut records, limit),
    };
    outcome.rows.truncate(limit);
    outcome
}

fn holds(condition: &Condition, record: &Record<'_>) -> bool {
    let value = record.field(&condition.field);
    let passes = value.is_some_and(|value| match &condition.test {
        Test::In(values) => values
            .iter()
            .any(|wanted| compare(&value, wanted) == Ordering::Equal),
        Test::Contains(part) => value.contains(part.as_str()),
        Test::Matches(regex) => regex.is_match(&value),
        Test::Compares(sign, number) => value.parse::<f64>().is_ok_and(|value| match *sign {
            "<" => value < *number,
            "<=" => value <= *number,
            ">" => value > *number,
            _ => value >= *number,
        }),
    });
    passes != condition.negated
}

/// Numbers by value, everything else by text.
fn compare(a: &str, b: &str) -> Ordering {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a.total_cmp(&b),
        _ => a.cmp(b),
    }
}

/// The events themselves, latest first where nothing is said.
fn listed(query: &Query, records: &mut [Record<'_>], limit: usize) -> Vec<Row> {
    match &query.sort {
        None => records.sort_by_key(|record| std::cmp::Reverse(record.at_ms)),
        Some((field, ascending)) => {
            records.sort_by_cached_key(|record| SortKey(record.field(field)));
            if !ascending {
                records.reverse();
            }
        }
    }
    let default = ["@timestamp".to_owned(), "@message".to_owned()];
    let fields = if query.fields.is_empty() {
        &default[..]
    } else {
        &query.fields
    };
    records
        .iter()
        .take(limit)
        .map(|record| {
            let shown = fields
                .iter()
                .filter_map(|field| Some((field.clone(), record.field(field)?)));
            let pointer = STANDARD.encode(format!("{}/{}", record.stream, record.at_ms));
            shown.chain([("@ptr".to_owned(), pointer)]).collect()
        })
        .collect()
}

fn counted(query: &Query, stats: &Stats, records: &[Record<'_>]) -> Vec<Row> {
    let names = stats.by.iter().map(|key| match key {
        Key::Field(field) => field.clone(),
        Key::Bin(_, text) => text.clone(),
    });
    let names: Vec<String> = names.chain([stats.name.clone()]).collect();
    let mut groups: BTreeMap<Vec<Option<String>>, u64> = BTreeMap::new();
    for record in records {
        let values = stats.by.iter().map(|key| match key {
            Key::Field(field) => record.field(field),
            Key::Bin(period_ms, _) => Some(instant(
                record
                    .at_ms
                    .saturating_sub(record.at_ms.rem_euclid(*period_ms)),
            )),
        });
        let count = groups.entry(values.collect()).or_default();
        *count = count.saturating_add(1);
    }
    let mut rows: Vec<Row> = groups
        .into_iter()
        .map(|(values, count)| {
            let values = values.into_iter().chain([Some(count.to_string())]);
            let pairs = names.iter().cloned().zip(values);
            pairs
                .filter_map(|(name, value)| Some((name, value?)))
                .collect()
        })
        .collect();
    if let Some((field, ascending)) = &query.sort {
        rows.sort_by_cached_key(|row| {
            let found = row.iter().find(|(name, _)| name == field);
            SortKey(found.map(|(_, value)| value.clone()))
        });
        if !ascending {
            rows.reverse();
        }
    }
    rows
}

/// Orders values as [`compare`] does, missing ones first.
#[derive(Debug, PartialEq, Eq)]
struct SortKey(Option<String>);

impl Ord for SortKey {
    fn cmp(&self, other: &SortKey) -> Ordering {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => {
                // Numbers before texts: without that the order would have circles.
                let text = |value: &str| value.parse::<f64>().is_err();
                text(a).cmp(&text(b)).then_with(|| compare(a, b))
            }
            (a, b) => a.is_some().cmp(&b.is_some()),
        }
    }
}

impl PartialOrd for SortKey {
    fn partial_cmp(&self, other: &SortKey) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
