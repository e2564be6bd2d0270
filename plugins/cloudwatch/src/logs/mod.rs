//! Owns the table `logs`: events of log groups, by FilterLogEvents. Refuses a query without the beginning of a time range.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>: one log group a request, up to
//! 10,000 events or 1 MB a page, and pages that are empty but have others behind them.

mod pattern;
mod read;

use serde::{Deserialize, Serialize};
use trawl_sdk::filter::{Pushdown, Texts, TimeRange};
use trawl_sdk::records::{Field, Records};
use trawl_sdk::schema;
use trawl_sdk::table::{Call, Table};
use trawl_sdk::types::{Argument, Column, Param, Placement, Pushed, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output, plan};

use crate::CloudWatch;
use crate::group::Group;
use crate::groups::{self, Note};
use crate::service::Action;
use crate::table;
use crate::tables::types::{text, time};
use crate::times;

/// The table.
pub(crate) struct Logs;

const FIELDS: &[Field] = &[
    Field::new(
        "timestamp",
        time,
        "When it happened, UTC; a query must say from when",
    )
    .not_null(),
    Field::new("ingested", time, "When it came in, UTC"),
    Field::new("message", text, "What was logged").not_null(),
    Field::new("stream", text, "The log stream it is in"),
    Field::new("group", text, "The log group it is in").not_null(),
    Field::new("event_id", text, "What CloudWatch calls it"),
    Field::new(
        "cluster",
        text,
        "The cluster whose log group it is; null for other log groups",
    ),
];

/// What a scan of events needs to know; it travels in the token.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Wanted {
    projection: Vec<Column>,
    groups: Vec<Group>,
    /// What is told of them.
    notes: Vec<Note>,
    stream: Texts,
    time: TimeRange,
    /// The filter pattern.
    pattern: Option<String>,
    limit: Option<u64>,
}

impl Wanted {
    /// Whether no event can match.
    fn is_empty(&self) -> bool {
        self.groups.is_empty() || self.stream.is_empty() || self.time.is_empty()
    }
}

impl Table<CloudWatch> for Logs {
    fn name(&self) -> &'static str {
        "logs"
    }

    fn description(&self) -> &'static str {
        "Events of log groups; filter on timestamp"
    }

    fn params(&self) -> Vec<Param> {
        vec![groups::argument(
            "log groups, with commas between them; those of the clusters by default",
        )]
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn placement(&self, _: &CloudWatch) -> Placement {
        Placement::PerRow
    }

    fn required_filters(&self, _: &[Argument]) -> Vec<Vec<&'static str>> {
        vec![vec!["timestamp"]]
    }

    fn calls(&self) -> Vec<Call> {
        vec![Action::FilterLogEvents.operation()]
    }

    fn plan(&self, request: &ScanRequest, _: &CloudWatch) -> Result<ScanPlan, Error> {
        let mut wanted = Wanted {
            projection: schema::undescribed(&request.projection),
            ..Wanted::default()
        };
        let (mut group, mut cluster) = (Texts::default(), Texts::default());
        let mut filters = Pushdown::of(request);
        filters.take(|predicate| {
            let column = predicate.column.name.as_str();

            if !predicate.column.path.is_empty() {
                return None;
            }
            let taken = match column {
                "timestamp" => wanted.time.take(predicate),
                "stream" => wanted.stream.take(predicate),
                "group" => group.take(predicate),
                "cluster" => cluster.take(predicate),
                "message" => {
                    let pattern = pattern::of(predicate)?;
                    // One fits; the longest says most.
                    if wanted
                        .pattern
                        .as_ref()
                        .is_none_or(|before| before.len() < pattern.len())
                    {
                        wanted.pattern = Some(pattern);
                    }
                    return Some(Pushed::Inexact);
                }
                _ => false,
            };
            taken.then_some(Pushed::Exact)
        });
        let groups = groups::wanted(request, &group, &cluster)?;
        wanted.groups = groups.all;
        wanted.groups.retain(|group| !group.unwanted);
        wanted.notes = groups.notes;
        if wanted.time.from.is_none() {
            return Err(Error::invalid_query(
                "expected the beginning of a time range before events are read, got no condition like `timestamp > …`",
            )
            .with_hint("write `cloudwatch.logs | where timestamp > ago(1h)`"));
        }
        wanted.limit = table::own_limit(request, &filters);
        let explain = explain(&wanted);
        table::planned(self, request, &filters, wanted.limit, &wanted, explain)
    }

    fn scan(&self, token: &str, at: &CloudWatch, output: &dyn Output) -> Result<(), Error> {
        let http = at.http.as_ref();
        let wanted: Wanted = plan::table_state(token)?;
        let mut records = Records::new(
            FIELDS,
            self.name(),
            &wanted.projection,
            wanted.limit,
            output,
        )?;
        groups::report(&wanted.notes, output);
        if records.stopped() || wanted.is_empty() {
            return Ok(());
        }
        read::all(&wanted, http, output, &mut records)?;
        records.flush()
    }
}

/// What will be sent, for `explain`.
fn explain(wanted: &Wanted) -> String {
    if wanted.is_empty() {
        return "nothing is asked: no event can match".to_owned();
    }
    let names: Vec<_> = wanted.groups.iter().map(Group::name).collect();
    let mut text = format!("FilterLogEvents of {}", names.join(", "));
    match (wanted.stream.listed(), wanted.stream.prefix()) {
        (Some(streams), _) => text.push_str(&format!(", streams {}", streams.join(", "))),
        (None, Some(prefix)) => text.push_str(&format!(", streams {prefix}*")),
        (None, None) => {}
    }
    if let Some(from) = wanted.time.from {
        text.push_str(&format!(", from {}", times::text(from)));
    }
    if let Some(to) = wanted.time.to {
        text.push_str(&format!(" to {}", times::text(to)));
    }
    if let Some(pattern) = &wanted.pattern {
        text.push_str(&format!(", pattern {pattern}"));
    }
    text
}
