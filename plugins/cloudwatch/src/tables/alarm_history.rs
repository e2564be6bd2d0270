//! Owns the table `alarm_history`: what became of alarms, as long as AWS keeps it (30 days). Refuses alarms as they are now, which
//! are `alarms`'.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html>, 100 a page. It costs nothing and
//! is bounded by those 30 days, so that no time range is asked for.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use trawl_sdk::filter::{Pushdown, Texts, TimeRange};
use trawl_sdk::records::{Cell, Field, Records};
use trawl_sdk::schema;
use trawl_sdk::table::{Call, Table};
use trawl_sdk::types::{Column, Placement, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output, plan};

use super::alarms::{MAX_NAME, is_json};
use super::types::{json as any, text, time};
use crate::CloudWatch;
use crate::pages::{self, Page, Then};
use crate::service::Action;
use crate::table;
use crate::times;

/// The table.
pub(crate) struct AlarmHistory;

/// Items a page, the most there can be.
const PAGE: u64 = 100;

/// Alarms that are asked for one by one; with more of them all history is read and looked through here.
const MAX_NAMES: usize = 20;

/// Types of items that the API can be asked for.
const TYPES: [&str; 5] = [
    "ConfigurationUpdate",
    "StateUpdate",
    "Action",
    "AlarmContributorStateUpdate",
    "AlarmContributorAction",
];

const FIELDS: &[Field] = &[
    Field::new("timestamp", time, "When it happened, UTC").not_null(),
    Field::new("alarm", text, "Name of the alarm").not_null(),
    Field::new("alarm_type", text, "metric or composite"),
    Field::new("type", text, "StateUpdate, ConfigurationUpdate or Action").not_null(),
    Field::new("summary", text, "What happened, in a sentence"),
    Field::new("data", any, "The same as the service's document"),
];

#[derive(Default, Serialize, Deserialize)]
struct State {
    projection: Vec<Column>,
    alarm: Texts,
    of: Texts,
    time: TimeRange,
    limit: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    alarm_name: String,
    alarm_type: Option<String>,
    timestamp: f64,
    history_item_type: String,
    history_summary: Option<String>,
    history_data: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HistoryPage {
    #[serde(default)]
    alarm_history_items: Vec<Item>,
    next_token: Option<String>,
}

impl Page for HistoryPage {
    fn next(&self) -> Option<&str> {
        self.next_token.as_deref()
    }
}

impl State {
    fn is_empty(&self) -> bool {
        self.alarm.is_empty() || self.of.is_empty() || self.time.is_empty()
    }

    /// What is asked for. The documentation does not say whether its bounds are included, so that a second more is asked for.
    fn requests(&self) -> Vec<Value> {
        let mut body = Map::new();
        body.insert(
            "AlarmTypes".to_owned(),
            json!(["MetricAlarm", "CompositeAlarm"]),
        );
        body.insert("MaxRecords".to_owned(), json!(PAGE));
        if let Some(of) = self.of.one().filter(|of| TYPES.contains(of)) {
            body.insert("HistoryItemType".to_owned(), json!(of));
        }
        if let Some(from) = self.time.from {
            let start = times::floor(from, times::SECOND).saturating_sub(1).max(0);
            body.insert("StartDate".to_owned(), json!(start));
        }
        if let Some(to) = self.time.to {
            let end = times::ceil(to, times::SECOND).saturating_add(1).max(0);
            body.insert("EndDate".to_owned(), json!(end));
        }
        match self.alarm.names(MAX_NAME) {
            Some(names) if names.len() <= MAX_NAMES => names
                .into_iter()
                .map(|name| {
                    let mut body = body.clone();
                    body.insert("AlarmName".to_owned(), json!(name));
                    Value::Object(body)
                })
                .collect(),
            _ => vec![Value::Object(body)],
        }
    }
}

impl Table<CloudWatch> for AlarmHistory {
    fn name(&self) -> &'static str {
        "alarm_history"
    }

    fn description(&self) -> &'static str {
        "What became of alarms in the last 30 days: changes of state and configuration, actions"
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn placement(&self, _: &CloudWatch) -> Placement {
        Placement::Connection
    }

    fn calls(&self) -> Vec<Call> {
        vec![Action::DescribeAlarmHistory.operation()]
    }

    fn plan(&self, request: &ScanRequest, _: &CloudWatch) -> Result<ScanPlan, Error> {
        let mut filters = Pushdown::of(request);
        let mut state = State {
            projection: schema::undescribed(&request.projection),
            alarm: filters.texts("alarm"),
            of: filters.texts("type"),
            time: filters.time("timestamp"),
            limit: None,
        };
        state.limit = table::own_limit(request, &filters);
        let explain = match state.requests().first() {
            Some(body) if !state.is_empty() => format!("DescribeAlarmHistory {body}"),
            _ => "nothing is asked: no item can match".to_owned(),
        };
        table::planned(self, request, &filters, state.limit, &state, explain)
    }

    fn scan(&self, token: &str, at: &CloudWatch, output: &dyn Output) -> Result<(), Error> {
        let http = at.http.as_ref();
        let state: State = plan::table_state(token)?;
        let mut records =
            Records::new(FIELDS, self.name(), &state.projection, state.limit, output)?;
        if records.stopped() || state.is_empty() {
            return Ok(());
        }
        let ahead = state.limit.is_none();
        let bodies = state.requests();
        pages::walk(
            http,
            Action::DescribeAlarmHistory,
            &bodies,
            ahead,
            |_, page: Result<HistoryPage, _>| {
                for item in page?.alarm_history_items {
                    if records.stopped() {
                        break;
                    }
                    let at = times::of_seconds(item.timestamp).ok_or_else(|| {
                        Error::protocol(format!(
                            "expected a time in seconds of a history item, got {:e}",
                            item.timestamp
                        ))
                    })?;
                    let wanted = state.alarm.matches(Some(&item.alarm_name))
                        && state.of.matches(Some(&item.history_item_type))
                        && state.time.contains(at);
                    if wanted {
                        row(item, at, &mut records)?;
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

fn row(item: Item, at: i64, records: &mut Records<'_>) -> Result<(), Error> {
    let alarm_type = match item.alarm_type.as_deref() {
        Some("MetricAlarm") => Cell::Text("metric"),
        Some("CompositeAlarm") => Cell::Text("composite"),
        Some(other) => Cell::Text(other),
        None => Cell::Null,
    };
    let data = item.history_data.as_deref().filter(|text| is_json(text));
    records.row(&[
        Cell::TimestampNs(at),
        Cell::Text(&item.alarm_name),
        alarm_type,
        Cell::Text(&item.history_item_type),
        Cell::text(&item.history_summary),
        data.map_or(Cell::Null, Cell::Json),
    ])
}
