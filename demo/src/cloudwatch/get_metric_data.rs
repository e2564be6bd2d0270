//! Owns GetMetricData for metrics: up to 500 of them a request, a statistic for each period. Metric math and Metrics
//! Insights (`Expression`) are refused.

use serde_json::{Value, json};

use super::account::Account;
use super::metric::Metric;
use super::page;
use super::parameters::Parameters;
use super::refusal::Refusal;
use super::statistic::Statistic;
use crate::clock::Clock;
use crate::fault::Fault;
use crate::objects::signal::exact;

/// The most queries of a request.
const MAX_QUERIES: usize = 500;
/// The most points of an answer, and how many come where nothing is said.
const MAX_POINTS: i64 = 100_800;
/// The most dimensions of a metric.
const MAX_DIMENSIONS: usize = 30;
/// Values are published once a minute.
const MINUTE_S: u64 = 60;

const DAY_S: u64 = 86_400;
/// How long values are kept for periods shorter than this: three hours below a minute, 15 and 63 days below five minutes
/// and an hour.
const KEPT_S: [(u64, u64); 3] = [(60, 3 * 3600), (300, 15 * DAY_S), (3600, 63 * DAY_S)];
/// How long they are kept for longer periods: 455 days.
const LONGEST_S: u64 = 455 * DAY_S;

/// One query, checked.
struct Query<'a> {
    id: &'a str,
    label: String,
    period_s: u64,
    statistic: Statistic,
    returned: bool,
    /// None where no such metric is, or not in the unit that was asked for.
    metric: Option<&'a Metric>,
}

/// Answers GetMetricData.
pub(super) fn answer(
    account: &Account,
    parameters: Parameters<'_>,
    fault: Option<&Fault>,
) -> Result<Value, Refusal> {
    let service = parameters.service;
    let (start_s, end_s) = (
        parameters.required_seconds("StartTime")?,
        parameters.required_seconds("EndTime")?,
    );
    if start_s >= end_s {
        return Err(service
            .contradiction("The parameter StartTime must be less than the parameter EndTime."));
    }
    let descending = parameters.choice("ScanBy", &["TimestampDescending", "TimestampAscending"])?
        != Some("TimestampAscending");
    let points = parameters.page_size("MaxDatapoints", MAX_POINTS, MAX_POINTS)?;
    let structures = parameters.structures("MetricDataQueries", MAX_QUERIES)?;
    if structures.is_empty() {
        return Err(service.missing("MetricDataQueries"));
    }
    let mut queries: Vec<Query<'_>> = Vec::new();
    for (index, structure) in structures.into_iter().enumerate() {
        let query = read(account, structure, index.saturating_add(1))?;
        if queries.iter().any(|other| other.id == query.id) {
            let message = format!(
                "The values for parameter id in MetricDataQueries are not unique: {}.",
                query.id
            );
            return Err(Refusal::new("ValidationError", message));
        }
        queries.push(query);
    }
    let start = page::start(service, parameters.text("NextToken")?)?;
    let end = start.saturating_add(points);
    let (mut results, mut place, mut cut) = (Vec::new(), 0usize, false);
    for query in queries.iter().filter(|query| query.returned) {
        let mut series = query.points(account.clock(), start_s, end_s);
        if descending {
            series.reverse();
        }
        let from = start.saturating_sub(place).min(series.len());
        let to = end.saturating_sub(place).min(series.len());
        place = place.saturating_add(series.len());
        let whole = to == series.len();
        cut |= !whole;
        // A series that was told before is not told again.
        if from == series.len() && from > 0 {
            continue;
        }
        let page = series.get(from..to).unwrap_or_default();
        let times: Vec<u64> = page.iter().map(|(time_s, _)| *time_s).collect();
        let values: Vec<f64> = page.iter().map(|(_, value)| *value).collect();
        let status = if whole { "Complete" } else { "PartialData" };
        results.push(json!({
            "Id": query.id, "Label": query.label, "Timestamps": times, "Values": values, "StatusCode": status,
        }));
    }
    let mut answer = json!({"MetricDataResults": results, "Messages": []});
    if cut {
        answer["NextToken"] = json!(page::token(end));
    }
    if fault == Some(&Fault::Partial) {
        partial(&mut answer);
    }
    Ok(answer)
}

/// What an answer is like when CloudWatch could not read everything: no token leads to the rest.
fn partial(answer: &mut Value) {
    let Some(results) = answer["MetricDataResults"].as_array_mut() else {
        return;
    };
    for result in results {
        for list in ["Timestamps", "Values"] {
            if let Some(list) = result[list].as_array_mut() {
                list.truncate(list.len() / 2);
            }
        }
        result["StatusCode"] = json!("PartialData");
        result["Messages"] = json!([
            {"Code": "InternalError", "Value": "An internal error kept some of the data from being read."}
        ]);
    }
}

fn read<'a>(
    account: &'a Account,
    query: Parameters<'a>,
    number: usize,
) -> Result<Query<'a>, Refusal> {
    let place = format!("MetricDataQueries.member.{number}");
    let id = query.required_text("Id")?;
    let lower = id.starts_with(|c: char| c.is_ascii_lowercase());
    if !lower || !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        let rule = "Member must satisfy regular expression pattern: ^[a-z][a-zA-Z0-9_]*$";
        return Err(query.constraint(&format!("{place}.Id"), id, rule));
    }
    if let Some(expression) = query.text("Expression")? {
        let message = format!(
            "Error in expression '{id}': the demo answers MetricStat alone, no metric math and no Metrics Insights: {expression}"
        );
        return Err(Refusal::new("ValidationError", message));
    }
    let stat = query.structure("MetricStat")?.ok_or_else(|| {
        let message = format!("{place} must have either Expression or MetricStat.");
        Refusal::new("ValidationError", message)
    })?;
    let metric = stat
        .structure("Metric")?
        .ok_or_else(|| query.service.missing(&format!("{place}.MetricStat.Metric")))?;
    let (namespace, name) = (metric.text("Namespace")?, metric.text("MetricName")?);
    let mut dimensions = Vec::new();
    for dimension in metric.structures("Dimensions", MAX_DIMENSIONS)? {
        dimensions.push((
            dimension.required_text("Name")?,
            dimension.required_text("Value")?,
        ));
    }
    dimensions.sort_unstable();
    let period_s = stat
        .integer("Period", 1..=86_400)?
        .ok_or_else(|| query.service.missing(&format!("{place}.MetricStat.Period")))?;
    if ![1, 5, 10, 20, 30].contains(&period_s) && period_s % 60 != 0 {
        return Err(query.service.invalid(format!(
            "The parameter {place}.MetricStat.Period must be 1, 5, 10, 20, 30 or a multiple of 60."
        )));
    }
    let text = stat.required_text("Stat")?;
    let statistic = Statistic::read(text).ok_or_else(|| {
        query.service.invalid(format!(
            "The value {text} for parameter {place}.MetricStat.Stat is not supported."
        ))
    })?;
    let unit = stat.text("Unit")?;
    let found = account.metrics().iter().find(|metric| {
        let own = metric
            .dimensions
            .iter()
            .map(|(name, value)| (*name, value.as_str()));
        Some(metric.namespace) == namespace
            && Some(metric.name) == name
            && unit.is_none_or(|unit| unit == metric.unit)
            && own.eq(dimensions.iter().copied())
    });
    let label = query.text("Label")?.or(name).unwrap_or_default().to_owned();
    Ok(Query {
        id,
        label,
        period_s: u64::try_from(period_s).unwrap_or(MINUTE_S),
        statistic,
        returned: query.flag("ReturnData", true)?,
        metric: found,
    })
}

impl Query<'_> {
    /// The statistic of each period that has values, from the first on. The first begins at the start of the range,
    /// rounded down to a whole minute; what begins at its end is not in it,
    /// nor what is more than a day after the instant that the fleet stands at.
    fn points(&self, clock: Clock, start_s: f64, end_s: f64) -> Vec<(u64, f64)> {
        let Some(metric) = self.metric else {
            return Vec::new();
        };
        let kept_s = KEPT_S
            .iter()
            .find(|(period_s, _)| self.period_s < *period_s)
            .map_or(LONGEST_S, |(_, kept_s)| *kept_s);
        let oldest_s = u64::try_from(clock.ago_s(kept_s)).unwrap_or(0);
        let newest_s = u64::try_from(clock.ago_s(0))
            .unwrap_or(0)
            .saturating_add(DAY_S);
        let start_s = (whole(start_s) / MINUTE_S * MINUTE_S).max(oldest_s);
        let end_s = whole(end_s).min(newest_s);
        let mut points = Vec::new();
        let mut bin_s = start_s;
        while bin_s < end_s {
            let next_s = bin_s.saturating_add(self.period_s);
            let mut values = Vec::new();
            let mut at_s = bin_s.next_multiple_of(MINUTE_S);
            while at_s < next_s.min(end_s) {
                values.extend(metric.samples(exact(at_s)));
                at_s = at_s.saturating_add(MINUTE_S);
            }
            if let Some(value) = self.statistic.of(&values) {
                points.push((bin_s, value));
            }
            bin_s = next_s;
        }
        points
    }
}

/// Whole seconds of an instant; what is before 1970 counts as 1970, and what is beyond the year 9999 as that.
fn whole(seconds: f64) -> u64 {
    const LAST_S: f64 = 253_402_300_799.0;
    let bounded = seconds.clamp(0.0, LAST_S).floor();
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bounded above: a whole number from 0 to 253,402,300,799"
    )]
    let whole = bounded as u64;
    whole
}
