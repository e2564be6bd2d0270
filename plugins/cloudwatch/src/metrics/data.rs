//! Owns the reading of values: batches of queries, pages of answers, and what they leave out. Refuses to find series.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use trawl_sdk::records::{Cell, Records};
use trawl_sdk::types::{Flow, Gap, ProgressReport};
use trawl_sdk::{Error, Output, Transport};

use super::wanted::Wanted;
use crate::pages::{self, Page, Then};
use crate::selection::Metric;
use crate::service::Action;
use crate::times;

/// Messages of the service that are passed on; the rest is counted.
const MAX_MESSAGES: usize = 5;

/// One series and one statistic.
struct Query<'s> {
    metric: &'s Metric,
    stat: &'s str,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DataPage {
    #[serde(default)]
    metric_data_results: Vec<Series>,
    #[serde(default)]
    messages: Vec<Message>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Series {
    id: String,
    label: Option<String>,
    #[serde(default)]
    timestamps: Vec<f64>,
    #[serde(default)]
    values: Vec<f64>,
    status_code: Option<String>,
    #[serde(default)]
    messages: Vec<Message>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Message {
    code: Option<String>,
    value: Option<String>,
}

impl Page for DataPage {
    fn next(&self) -> Option<&str> {
        self.next_token.as_deref()
    }
}

/// Reads the values of all series.
///
/// # Errors
/// What the service answers, and `protocol` for values of something that was not asked for.
pub(super) fn read(
    wanted: &Wanted,
    series: &[Metric],
    http: &dyn Transport,
    output: &dyn Output,
    records: &mut Records<'_>,
) -> Result<(), Error> {
    let queries: Vec<Query<'_>> = series
        .iter()
        .flat_map(|metric| wanted.stats.iter().map(move |stat| Query { metric, stat }))
        .collect();
    let batch = wanted.batch();
    let bodies: Vec<Value> = queries
        .chunks(batch)
        .map(|queries| body(wanted, queries))
        .collect();
    let mut missing = Missing::default();
    let mut rows = 0_u64;
    let ahead = wanted.limit.is_none();
    pages::walk(
        http,
        Action::GetMetricData,
        &bodies,
        ahead,
        |index, page: Result<DataPage, _>| {
            let page = page?;
            missing.tell(&page.messages);
            for series in page.metric_data_results {
                let at =
                    position(&series.id).and_then(|at| index.checked_mul(batch)?.checked_add(at));
                let Some((at, query)) = at.and_then(|at| Some((at, queries.get(at)?))) else {
                    return Err(Error::protocol(format!(
                        "expected values of the queries that were asked, got some of `{}`",
                        series.id
                    )));
                };
                missing.tell(&series.messages);
                missing.status(at, series.status_code.as_deref());
                rows = rows.saturating_add(push(wanted, query, &series, records)?);
                if records.stopped() {
                    return Ok(Then::Stop);
                }
            }
            let report = ProgressReport {
                rows_read: rows,
                bytes_read: 0,
                done: None,
            };
            Ok(match output.progress(report) {
                Flow::More => Then::Go,
                Flow::Stop => Then::Stop,
            })
        },
    )?;
    // A limit that was reached has left the rest out on purpose.
    if !records.stopped() {
        missing.report(&queries, output);
    }
    Ok(())
}

/// `m7` is the eighth query of its request.
fn position(id: &str) -> Option<usize> {
    id.strip_prefix('m')?.parse().ok()
}

fn body(wanted: &Wanted, queries: &[Query<'_>]) -> Value {
    let queries: Vec<Value> = queries
        .iter()
        .enumerate()
        .map(|(at, query)| {
            let dimensions = query.metric.dimensions.iter();
            let dimensions: Vec<_> = dimensions
                .map(|(name, value)| json!({"Name": name, "Value": value}))
                .collect();
            json!({
                "Id": format!("m{at}"),
                "MetricStat": {
                    "Metric": {
                        "Namespace": query.metric.namespace,
                        "MetricName": query.metric.metric,
                        "Dimensions": dimensions,
                    },
                    "Period": wanted.period,
                    "Stat": query.stat,
                },
                "ReturnData": true,
            })
        })
        .collect();
    json!({
        "MetricDataQueries": queries,
        "StartTime": wanted.start,
        "EndTime": wanted.end,
        "ScanBy": "TimestampAscending",
    })
}

/// Puts out the values of one series; says how many.
fn push(
    wanted: &Wanted,
    query: &Query<'_>,
    series: &Series,
    records: &mut Records<'_>,
) -> Result<u64, Error> {
    if series.timestamps.len() != series.values.len() {
        return Err(Error::protocol(format!(
            "expected a time for each value, got {} times and {} values",
            series.timestamps.len(),
            series.values.len()
        )));
    }
    let range =
        wanted.start.saturating_mul(times::SECOND)..wanted.end.saturating_mul(times::SECOND);
    let period = wanted.period.saturating_mul(times::SECOND);
    let mut rows = 0;
    for (at, value) in series.timestamps.iter().zip(&series.values) {
        let at = times::of_seconds(*at).ok_or_else(|| {
            Error::protocol(format!("expected a time in seconds of a value, got {at:e}"))
        })?;
        if records.stopped() || !range.contains(&at) {
            continue;
        }
        rows += 1;
        records.row(&[
            Cell::TimestampNs(at),
            Cell::Float(*value),
            Cell::Text(&query.metric.namespace),
            Cell::Text(&query.metric.metric),
            Cell::Map(&query.metric.dimensions),
            Cell::Text(query.stat),
            Cell::DurationNs(period),
            Cell::text(&series.label),
        ])?;
    }
    Ok(rows)
}

/// What the service left out.
#[derive(Default)]
struct Missing {
    /// The last status of each query that was not `Complete`. `PartialData` with a page behind it is only half the answer.
    statuses: BTreeMap<usize, String>,
    messages: Vec<String>,
    more: usize,
}

impl Missing {
    fn status(&mut self, at: usize, status: Option<&str>) {
        match status {
            None | Some("Complete") => {
                self.statuses.remove(&at);
            }
            Some(other) => {
                self.statuses.insert(at, other.to_owned());
            }
        }
    }

    fn tell(&mut self, messages: &[Message]) {
        for message in messages {
            let code = message.code.as_deref().unwrap_or("no code");
            let text = format!(
                "CloudWatch: {} ({code})",
                message.value.as_deref().unwrap_or_default()
            );
            if self.messages.contains(&text) {
                continue;
            }
            if self.messages.len() < MAX_MESSAGES {
                self.messages.push(text);
            } else {
                self.more += 1;
            }
        }
    }

    fn report(&self, queries: &[Query<'_>], output: &dyn Output) {
        for message in &self.messages {
            output.report(Gap::Partial, None, message);
        }
        if self.more > 0 {
            let text = format!("{} more messages of CloudWatch", self.more);
            output.report(Gap::Partial, None, &text);
        }
        if let Some((at, status)) = self.statuses.first_key_value() {
            let which = queries.get(*at).map_or_else(String::new, |query| {
                format!(
                    ", first of {} {} {:?}",
                    query.metric.namespace, query.metric.metric, query.metric.dimensions
                )
            });
            let text = format!(
                "{} of {} metrics did not come whole: {status}{which}",
                self.statuses.len(),
                queries.len()
            );
            output.report(Gap::Partial, None, &text);
        }
    }
}
