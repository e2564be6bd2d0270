//! Owns the table `log_streams`: the streams of log groups. Refuses their events, which are `logs`'.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html>, 50 a page.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use trawl_sdk::filter::{Pushdown, Texts};
use trawl_sdk::records::{Cell, Field, Records};
use trawl_sdk::schema;
use trawl_sdk::table::{Call, Table};
use trawl_sdk::types::{Column, Param, Placement, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output, plan};

use super::types::{text, time};
use crate::CloudWatch;
use crate::group::Group;
use crate::groups;
use crate::pages::{self, Page, Then};
use crate::service::Action;
use crate::table;
use crate::times;

/// The table.
pub(crate) struct LogStreams;

/// Streams a page, the most there can be.
const PAGE: u64 = 50;

/// Bytes of a name, at most.
const MAX_NAME: usize = 512;

const FIELDS: &[Field] = &[
    Field::new("name", text, "Its name").not_null(),
    Field::new("group", text, "The log group it is in").not_null(),
    Field::new("arn", text, "Its Amazon Resource Name"),
    Field::new("created", time, "When it was made, UTC"),
    Field::new("first_event", time, "Time of its first event"),
    Field::new(
        "last_event",
        time,
        "Time of its last event; renewed within the hour",
    ),
    Field::new("last_ingested", time, "When its last event came in"),
];

#[derive(Serialize, Deserialize)]
struct State {
    projection: Vec<Column>,
    groups: Vec<Group>,
    name: Texts,
    limit: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogStream {
    log_stream_name: String,
    arn: Option<String>,
    creation_time: Option<i64>,
    first_event_timestamp: Option<i64>,
    last_event_timestamp: Option<i64>,
    last_ingestion_time: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StreamPage {
    #[serde(default)]
    log_streams: Vec<LogStream>,
    next_token: Option<String>,
}

impl Page for StreamPage {
    fn next(&self) -> Option<&str> {
        self.next_token.as_deref()
    }
}

impl Table<CloudWatch> for LogStreams {
    fn name(&self) -> &'static str {
        "log_streams"
    }

    fn description(&self) -> &'static str {
        "Streams of log groups"
    }

    fn params(&self) -> Vec<Param> {
        vec![groups::argument(
            "log groups, with commas between them; those of the clusters by default",
        )]
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn primary_key(&self) -> &'static [&'static str] {
        &["group", "name"]
    }

    fn placement(&self, _: &CloudWatch) -> Placement {
        Placement::Connection
    }

    fn calls(&self) -> Vec<Call> {
        vec![Action::DescribeLogStreams.operation()]
    }

    fn plan(&self, request: &ScanRequest, _: &CloudWatch) -> Result<ScanPlan, Error> {
        let mut filters = Pushdown::of(request);
        let (name, group) = (filters.texts("name"), filters.texts("group"));
        let limit = table::own_limit(request, &filters);
        let groups = groups::of_connection(request, &group)?;
        let names: Vec<_> = groups.iter().map(Group::name).collect();
        let explain = if names.is_empty() {
            "nothing is asked: no log group can match".to_owned()
        } else {
            format!("DescribeLogStreams of {}", names.join(", "))
        };
        let state = State {
            projection: schema::undescribed(&request.projection),
            groups,
            name,
            limit,
        };
        table::planned(self, request, &filters, limit, &state, explain)
    }

    fn scan(&self, token: &str, at: &CloudWatch, output: &dyn Output) -> Result<(), Error> {
        let http = at.http.as_ref();
        let state: State = plan::table_state(token)?;
        let mut records =
            Records::new(FIELDS, self.name(), &state.projection, state.limit, output)?;
        if records.stopped() || state.name.is_empty() {
            return Ok(());
        }
        let prefix = state.name.one().or_else(|| state.name.prefix());
        let prefix = prefix.filter(|prefix| (1..=MAX_NAME).contains(&prefix.len()));
        let bodies: Vec<Value> = state
            .groups
            .iter()
            .map(|group| {
                let mut body = group.member();
                body.insert("limit".to_owned(), json!(PAGE));
                if let Some(prefix) = prefix {
                    body.insert("logStreamNamePrefix".to_owned(), json!(prefix));
                }
                Value::Object(body)
            })
            .collect();
        let ahead = state.limit.is_none();
        pages::walk(
            http,
            Action::DescribeLogStreams,
            &bodies,
            ahead,
            |index, page: Result<StreamPage, _>| {
                let Some(group) = state.groups.get(index) else {
                    return Ok(Then::Stop);
                };
                let page = page.map_err(|error| groups::told([group], error))?;
                for stream in page.log_streams {
                    if records.stopped() {
                        break;
                    }
                    if state.name.matches(Some(&stream.log_stream_name)) {
                        row(group, &stream, &mut records)?;
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

fn row(group: &Group, stream: &LogStream, records: &mut Records<'_>) -> Result<(), Error> {
    let time = |ms: Option<i64>| {
        ms.map_or(Cell::Null, |ms| {
            Cell::TimestampNs(times::of_milliseconds(ms))
        })
    };
    records.row(&[
        Cell::Text(&stream.log_stream_name),
        Cell::Text(group.name()),
        Cell::text(&stream.arn),
        time(stream.creation_time),
        time(stream.first_event_timestamp),
        time(stream.last_event_timestamp),
        time(stream.last_ingestion_time),
    ])
}
