//! Owns the table `alarms`: metric alarms and composite ones, as they are now. Refuses what became of them, which is
//! `alarm_history`'s.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html>, 100 a page. Without `AlarmTypes` it
//! gives metric alarms only.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use trawl_sdk::filter::{Pushdown, Texts};
use trawl_sdk::records::{Cell, Field, Records};
use trawl_sdk::schema;
use trawl_sdk::table::{Call, Table};
use trawl_sdk::types::{Column, Placement, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output, plan};

use super::types::{boolean, json as any, long, map, real, span, text, texts, time};
use crate::CloudWatch;
use crate::pages::{self, Page, Then};
use crate::selection::{Dimension, dimensions};
use crate::service::Action;
use crate::table;
use crate::times;

/// The table.
pub(crate) struct Alarms;

/// Alarms a page, and names a request, the most there can be.
const PAGE: usize = 100;

/// Bytes of an alarm's name, at most.
pub(super) const MAX_NAME: usize = 255;

/// The types of alarms, as the API names them and as the column does.
const TYPES: [(&str, &str); 2] = [("MetricAlarm", "metric"), ("CompositeAlarm", "composite")];

/// States that the API can be asked for.
const STATES: [&str; 3] = ["OK", "ALARM", "INSUFFICIENT_DATA"];

const FIELDS: &[Field] = &[
    Field::new("name", text, "The alarm's name").not_null(),
    Field::new("arn", text, "Its Amazon Resource Name"),
    Field::new("type", text, "metric or composite").not_null(),
    Field::new("description", text, "What its owner says of it"),
    Field::new("state", text, "OK, ALARM or INSUFFICIENT_DATA"),
    Field::new("reason", text, "Why it is in that state"),
    Field::new("reason_data", any, "The same as the service's document"),
    Field::new("updated", time, "When its state was last updated, UTC"),
    Field::new(
        "since",
        time,
        "When it came into that state; null where AWS does not say",
    ),
    Field::new(
        "namespace",
        text,
        "Of the metric: AWS/EC2; null for an alarm on an expression",
    ),
    Field::new("metric", text, "Name of the metric"),
    Field::new("dimensions", map, "Of the metric: InstanceId"),
    Field::new(
        "statistic",
        text,
        "Average, Sum, Minimum, Maximum, SampleCount, or a percentile and the like",
    ),
    Field::new("period", span, "Time over which the statistic is taken"),
    Field::new("unit", text, "Of the metric, where the alarm names one"),
    Field::new(
        "comparison",
        text,
        "How the statistic is compared: GreaterThanThreshold",
    ),
    Field::new("threshold", real, "What it is compared with"),
    Field::new("evaluation_periods", long, "Periods that are looked at"),
    Field::new(
        "datapoints_to_alarm",
        long,
        "How many of them must breach; null: all",
    ),
    Field::new(
        "missing_data",
        text,
        "How a period without data counts: missing, ignore, breaching or notBreaching",
    ),
    Field::new(
        "metrics",
        any,
        "The metrics and expressions of an alarm on an expression",
    ),
    Field::new(
        "rule",
        text,
        "The expression over other alarms of a composite one",
    ),
    Field::new(
        "suppressor",
        text,
        "The alarm that keeps a composite one from acting",
    ),
    Field::new(
        "actions_enabled",
        boolean,
        "Whether it acts when its state changes",
    ),
    Field::new("actions", texts, "What it does when it goes to ALARM: ARNs").not_null(),
    Field::new("ok_actions", texts, "What it does when it goes to OK").not_null(),
    Field::new(
        "insufficient_data_actions",
        texts,
        "What it does when data is missing",
    )
    .not_null(),
    Field::new(
        "configured",
        time,
        "When its configuration last changed, UTC",
    ),
];

#[derive(Default, Serialize, Deserialize)]
struct State {
    projection: Vec<Column>,
    name: Texts,
    of: Texts,
    state: Texts,
    limit: Option<u64>,
}

/// A metric alarm or a composite one: what the one has the other lacks.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Alarm {
    alarm_name: String,
    alarm_arn: Option<String>,
    alarm_description: Option<String>,
    state_value: Option<String>,
    state_reason: Option<String>,
    state_reason_data: Option<String>,
    state_updated_timestamp: Option<f64>,
    state_transitioned_timestamp: Option<f64>,
    alarm_configuration_updated_timestamp: Option<f64>,
    actions_enabled: Option<bool>,
    #[serde(default)]
    alarm_actions: Vec<String>,
    #[serde(default, rename = "OKActions")]
    ok_actions: Vec<String>,
    #[serde(default)]
    insufficient_data_actions: Vec<String>,
    namespace: Option<String>,
    metric_name: Option<String>,
    #[serde(default)]
    dimensions: Option<Vec<Dimension>>,
    statistic: Option<String>,
    extended_statistic: Option<String>,
    period: Option<i64>,
    unit: Option<String>,
    comparison_operator: Option<String>,
    threshold: Option<f64>,
    evaluation_periods: Option<i64>,
    datapoints_to_alarm: Option<i64>,
    treat_missing_data: Option<String>,
    metrics: Option<Box<RawValue>>,
    alarm_rule: Option<String>,
    actions_suppressor: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AlarmPage {
    #[serde(default)]
    metric_alarms: Vec<Alarm>,
    #[serde(default)]
    composite_alarms: Vec<Alarm>,
    next_token: Option<String>,
}

impl Page for AlarmPage {
    fn next(&self) -> Option<&str> {
        self.next_token.as_deref()
    }
}

impl State {
    fn is_empty(&self) -> bool {
        self.name.is_empty() || self.of.is_empty() || self.state.is_empty()
    }

    /// The API's names of the types that are left.
    fn types(&self) -> Vec<&'static str> {
        let left = TYPES.iter().filter(|(_, of)| self.of.matches(Some(of)));
        left.map(|(name, _)| *name).collect()
    }

    /// What is asked for, so that every alarm that is left is in one of the answers.
    fn requests(&self) -> Vec<Value> {
        let mut body = Map::new();
        body.insert("AlarmTypes".to_owned(), json!(self.types()));
        body.insert("MaxRecords".to_owned(), json!(PAGE));
        if let Some(state) = self.state.one().filter(|state| STATES.contains(state)) {
            body.insert("StateValue".to_owned(), json!(state));
        }
        // Names and a prefix exclude each other.
        let Some(names) = self.name.names(MAX_NAME) else {
            if let Some(prefix) = self.name.prefix().filter(|prefix| prefix.len() <= MAX_NAME) {
                body.insert("AlarmNamePrefix".to_owned(), json!(prefix));
            }
            return vec![Value::Object(body)];
        };
        names
            .chunks(PAGE)
            .map(|names| {
                let mut body = body.clone();
                body.insert("AlarmNames".to_owned(), json!(names));
                Value::Object(body)
            })
            .collect()
    }

    fn matches(&self, alarm: &Alarm, of: &str) -> bool {
        self.name.matches(Some(&alarm.alarm_name))
            && self.of.matches(Some(of))
            && self.state.matches(alarm.state_value.as_deref())
    }
}

impl Table<CloudWatch> for Alarms {
    fn name(&self) -> &'static str {
        "alarms"
    }

    fn description(&self) -> &'static str {
        "Alarms of an AWS account and region, metric and composite ones"
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn primary_key(&self) -> &'static [&'static str] {
        &["name"]
    }

    fn placement(&self, _: &CloudWatch) -> Placement {
        Placement::Connection
    }

    fn calls(&self) -> Vec<Call> {
        vec![Action::DescribeAlarms.operation()]
    }

    fn plan(&self, request: &ScanRequest, _: &CloudWatch) -> Result<ScanPlan, Error> {
        let mut filters = Pushdown::of(request);
        let mut state = State {
            projection: schema::undescribed(&request.projection),
            name: filters.texts("name"),
            of: filters.texts("type"),
            state: filters.texts("state"),
            limit: None,
        };
        state.limit = table::own_limit(request, &filters);
        let explain = match state.requests().first() {
            Some(body) if !state.is_empty() => format!("DescribeAlarms {body}"),
            _ => "nothing is asked: no alarm can match".to_owned(),
        };
        table::planned(self, request, &filters, state.limit, &state, explain)
    }

    fn scan(&self, token: &str, at: &CloudWatch, output: &dyn Output) -> Result<(), Error> {
        let http = at.http.as_ref();
        let state: State = plan::table_state(token)?;
        let mut records =
            Records::new(FIELDS, self.name(), &state.projection, state.limit, output)?;
        if records.stopped() || state.is_empty() || state.types().is_empty() {
            return Ok(());
        }
        let ahead = state.limit.is_none();
        pages::walk(
            http,
            Action::DescribeAlarms,
            &state.requests(),
            ahead,
            |_, page: Result<AlarmPage, _>| {
                let page = page?;
                let metric = page
                    .metric_alarms
                    .into_iter()
                    .map(|alarm| (alarm, "metric"));
                let composite = page
                    .composite_alarms
                    .into_iter()
                    .map(|alarm| (alarm, "composite"));
                for (alarm, of) in metric.chain(composite) {
                    if records.stopped() {
                        break;
                    }
                    if state.matches(&alarm, of) {
                        row(alarm, of, &mut records)?;
                    }
                }
                Ok(if records.stopped() {
                    Then::Stop
                } else {
                    Then::Go
                })
            },
        )?;
        records.flush()
    }
}

fn row(alarm: Alarm, of: &str, records: &mut Records<'_>) -> Result<(), Error> {
    let time = |at: Option<f64>| {
        at.and_then(times::of_seconds)
            .map_or(Cell::Null, Cell::TimestampNs)
    };
    let long = |value: Option<i64>| value.map_or(Cell::Null, Cell::Int);
    let dimensions: Option<BTreeMap<String, String>> = alarm.dimensions.map(dimensions);
    // A composite alarm and one on an expression have none.
    let dimensions = dimensions.filter(|_| alarm.metric_name.is_some());
    let statistic = alarm.statistic.or(alarm.extended_statistic);
    let period = alarm
        .period
        .and_then(|seconds| seconds.checked_mul(times::SECOND));
    // The service's document is JSON by its documentation; what is not is left out rather than an error.
    let data = alarm.state_reason_data.filter(|text| is_json(text));
    let metrics = alarm.metrics.as_deref().map(RawValue::get);
    records.row(&[
        Cell::Text(&alarm.alarm_name),
        Cell::text(&alarm.alarm_arn),
        Cell::Text(of),
        Cell::text(&alarm.alarm_description),
        Cell::text(&alarm.state_value),
        Cell::text(&alarm.state_reason),
        data.as_deref().map_or(Cell::Null, Cell::Json),
        time(alarm.state_updated_timestamp),
        time(alarm.state_transitioned_timestamp),
        Cell::text(&alarm.namespace),
        Cell::text(&alarm.metric_name),
        dimensions.as_ref().map_or(Cell::Null, Cell::Map),
        Cell::text(&statistic),
        period.map_or(Cell::Null, Cell::DurationNs),
        Cell::text(&alarm.unit),
        Cell::text(&alarm.comparison_operator),
        alarm.threshold.map_or(Cell::Null, Cell::Float),
        long(alarm.evaluation_periods),
        long(alarm.datapoints_to_alarm),
        Cell::text(&alarm.treat_missing_data),
        metrics
            .filter(|text| *text != "[]")
            .map_or(Cell::Null, Cell::Json),
        Cell::text(&alarm.alarm_rule),
        Cell::text(&alarm.actions_suppressor),
        alarm.actions_enabled.map_or(Cell::Null, Cell::Bool),
        Cell::Texts(&alarm.alarm_actions),
        Cell::Texts(&alarm.ok_actions),
        Cell::Texts(&alarm.insufficient_data_actions),
        time(alarm.alarm_configuration_updated_timestamp),
    ])
}

/// Whether a text is one JSON document.
pub(super) fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}
