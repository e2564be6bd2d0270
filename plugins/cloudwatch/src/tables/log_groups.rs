//! Owns the table `log_groups`: which log groups there are and how much they hold. Refuses their events, which are `logs`'.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html>, 50 a page.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use trawl_sdk::filter::{Pushdown, Texts};
use trawl_sdk::records::{Cell, Field, Records};
use trawl_sdk::schema;
use trawl_sdk::table::{Call, Table};
use trawl_sdk::types::{Column, Placement, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output, plan};

use super::types::{long, text, time};
use crate::CloudWatch;
use crate::pages::{self, Page, Then};
use crate::service::Action;
use crate::table;
use crate::times;

/// The table.
pub(crate) struct LogGroups;

/// Log groups a page, the most there can be.
const PAGE: u64 = 50;

/// Names that are asked for one by one, by their prefix; with more all groups are listed and looked through here.
const MAX_NAMES: usize = 10;

/// Bytes of a name, at most.
const MAX_NAME: usize = 512;

const FIELDS: &[Field] = &[
    Field::new("name", text, "Its name").not_null(),
    Field::new("arn", text, "Its Amazon Resource Name"),
    Field::new("created", time, "When it was made, UTC"),
    Field::new(
        "retention_days",
        long,
        "Days that events are kept; null: for ever",
    ),
    Field::new(
        "stored_bytes",
        long,
        "Bytes it stores, as AWS counts them; renewed with a delay",
    ),
    Field::new(
        "metric_filters",
        long,
        "Filters that make metrics of its events",
    ),
    Field::new(
        "class",
        text,
        "STANDARD, INFREQUENT_ACCESS or DELIVERY; only the first can be read event by event",
    ),
    Field::new(
        "kms_key",
        text,
        "ARN of the key that encrypts it; null: the service's own",
    ),
    Field::new(
        "data_protection",
        text,
        "State of its data protection policy; null: it has none",
    ),
];

#[derive(Serialize, Deserialize)]
struct State {
    projection: Vec<Column>,
    name: Texts,
    limit: Option<u64>,
}

/// What a page says of a log group.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogGroup {
    pub(crate) log_group_name: String,
    arn: Option<String>,
    log_group_arn: Option<String>,
    creation_time: Option<i64>,
    retention_in_days: Option<i64>,
    pub(crate) stored_bytes: Option<u64>,
    metric_filter_count: Option<i64>,
    log_group_class: Option<String>,
    kms_key_id: Option<String>,
    data_protection_status: Option<String>,
}

/// A page of DescribeLogGroups.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GroupPage {
    #[serde(default)]
    pub(crate) log_groups: Vec<LogGroup>,
    next_token: Option<String>,
}

impl Page for GroupPage {
    fn next(&self) -> Option<&str> {
        self.next_token.as_deref()
    }
}

/// What is asked for, so that every group that is left is in one of the answers.
fn requests(name: &Texts) -> Vec<Value> {
    match (name.names(MAX_NAME), name.prefix()) {
        (Some(names), _) if names.len() <= MAX_NAMES => {
            // A name that is the beginning of another one brings that one as well.
            let all = names.clone();
            names
                .into_iter()
                .filter(|name| {
                    !all.iter()
                        .any(|other| name != other && name.starts_with(other))
                })
                .map(|name| json!({"limit": PAGE, "logGroupNamePrefix": name}))
                .collect()
        }
        (_, Some(prefix)) if prefix.len() <= MAX_NAME => {
            vec![json!({"limit": PAGE, "logGroupNamePrefix": prefix})]
        }
        _ => vec![json!({"limit": PAGE})],
    }
}

impl Table<CloudWatch> for LogGroups {
    fn name(&self) -> &'static str {
        "log_groups"
    }

    fn description(&self) -> &'static str {
        "Log groups, and how much they store"
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
        vec![Action::DescribeLogGroups.operation()]
    }

    fn plan(&self, request: &ScanRequest, _: &CloudWatch) -> Result<ScanPlan, Error> {
        let mut filters = Pushdown::of(request);
        let name = filters.texts("name");
        let limit = table::own_limit(request, &filters);
        let explain = match (name.listed(), name.prefix()) {
            (Some(names), _) => format!("DescribeLogGroups {}", names.join(", ")),
            (None, Some(prefix)) => format!("DescribeLogGroups {prefix}*"),
            _ => "DescribeLogGroups".to_owned(),
        };
        let state = State {
            projection: schema::undescribed(&request.projection),
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
        let bodies = requests(&state.name);
        let ahead = state.limit.is_none();
        pages::walk(
            http,
            Action::DescribeLogGroups,
            &bodies,
            ahead,
            |_, page: Result<GroupPage, _>| {
                for group in page?.log_groups {
                    if records.stopped() {
                        break;
                    }
                    if state.name.matches(Some(&group.log_group_name)) {
                        row(&group, &mut records)?;
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

fn row(group: &LogGroup, records: &mut Records<'_>) -> Result<(), Error> {
    // `arn` ends with `:*`, `logGroupArn` does not.
    let arn = group.log_group_arn.as_deref().or(group.arn.as_deref());
    let arn = arn.map(|arn| arn.strip_suffix(":*").unwrap_or(arn));
    let long = |value: Option<i64>| value.map_or(Cell::Null, Cell::Int);
    records.row(&[
        Cell::Text(&group.log_group_name),
        arn.map_or(Cell::Null, Cell::Text),
        group.creation_time.map_or(Cell::Null, |ms| {
            Cell::TimestampNs(times::of_milliseconds(ms))
        }),
        long(group.retention_in_days),
        long(
            group
                .stored_bytes
                .and_then(|bytes| i64::try_from(bytes).ok()),
        ),
        long(group.metric_filter_count),
        Cell::text(&group.log_group_class),
        Cell::text(&group.kms_key_id),
        Cell::text(&group.data_protection_status),
    ])
}
