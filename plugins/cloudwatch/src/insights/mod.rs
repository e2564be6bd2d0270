//! Owns the table `logs_insights`: results of Logs Insights queries. Refuses a query without the beginning of a time range.
//!
//! A result has the fields that the query makes, as texts: `fields` is a map of all of them, whatever they are called, beside the few
//! columns that every query can have. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html>
//!
//! **Time.** The range of `timestamp` is the one that is queried, in whole seconds. A row has the time of its event; one that stands
//! for several has the beginning of its bin, or of the range, but never a time outside of the range: it stands for what is in it. So
//! the condition on `timestamp` is taken exactly, whatever the query makes.

mod query;
mod result;
mod run;
mod told;

use serde::{Deserialize, Serialize};
use serde_json::json;
use trawl_sdk::filter::{Pushdown, Texts, TimeRange};
use trawl_sdk::records::{Field, Records};
use trawl_sdk::schema::{self, Type, param};
use trawl_sdk::table::{Arguments, Call, Table};
use trawl_sdk::types::{
    Argument, Column, Cost, ErrorCode, Param, Placement, Pushed, ScanPlan, ScanRequest,
};
use trawl_sdk::{Error, Output, Transport, plan};

use crate::CloudWatch;
use crate::group::Group;
use crate::groups::{self, Note};
use crate::pages::{self, Then};
use crate::service::Action;
use crate::table;
use crate::tables::log_groups::GroupPage;
use crate::tables::types::{map, text, time};
use crate::{price, times};

/// The table.
pub(crate) struct LogsInsights;

/// Rows of a query when nobody says how many: what the service takes without saying.
const DEFAULT_ROWS: u64 = 10_000;

/// Rows of a query, at most.
const MAX_ROWS: u64 = 100_000;

/// Log groups of a query, at most.
const MAX_GROUPS: usize = 50;

const FIELDS: &[Field] = &[
    Field::new(
        "timestamp",
        time,
        "Time of the event, beginning of its time bin, or of the range; a query must say from when",
    )
    .not_null(),
    Field::new(
        "message",
        text,
        "The field @message, where the query asks for it",
    ),
    Field::new(
        "stream",
        text,
        "The field @logStream, where the query asks for it",
    ),
    Field::new("group", text, "The log group, where the row is of one"),
    Field::new("fields", map, "All fields of the result, as texts").not_null(),
    Field::new(
        "cluster",
        text,
        "The cluster whose log group it is; null for other log groups",
    ),
];

/// What a scan of results needs to know; it travels in the token.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Wanted {
    projection: Vec<Column>,
    /// What is queried, one query each: the log groups of clusters apart from each other, those that are named together.
    queries: Vec<Vec<Group>>,
    /// What is told of the log groups.
    notes: Vec<Note>,
    text: String,
    /// Nanoseconds since the epoch, both included.
    from: i64,
    to: i64,
    /// Rows that a query may give.
    rows: u64,
    limit: Option<u64>,
}

impl Table<CloudWatch> for LogsInsights {
    fn name(&self) -> &'static str {
        "logs_insights"
    }

    fn description(&self) -> &'static str {
        "Result of a Logs Insights query; filter on timestamp"
    }

    fn params(&self) -> Vec<Param> {
        vec![
            param(
                "query",
                &Type::Utf8,
                true,
                true,
                "Logs Insights query; bound values are escaped",
            ),
            groups::argument(
                "log groups to query together, with commas between them; by default those of the clusters, each by itself",
            ),
            param(
                "rows",
                &Type::Int64,
                false,
                false,
                "rows that the query may give: 10000 by default, 100000 at most",
            ),
        ]
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
        vec![
            Action::DescribeLogGroups.operation(),
            Action::StartQuery.operation(),
            Action::GetQueryResults.operation(),
            Action::StopQuery.operation(),
        ]
    }

    fn plan(&self, request: &ScanRequest, at: &CloudWatch) -> Result<ScanPlan, Error> {
        let http = at.http.as_ref();
        let mut time = TimeRange::default();
        let mut group = Texts::default();
        // A query over the groups of the argument is not the same query over some of them.
        let given = Arguments::of(&request.arguments).has("group");
        let mut filters = Pushdown::of(request);
        filters.take(|predicate| {
            let column = predicate.column.name.as_str();

            let taken = match column {
                _ if !predicate.column.path.is_empty() => false,
                "timestamp" => time.take(predicate),
                "group" => !given && group.take(predicate),
                _ => false,
            };
            taken.then_some(Pushed::Exact)
        });
        let parts = Arguments::of(&request.arguments)
            .template("query")?
            .unwrap_or_default();
        let groups = groups::wanted(request, &group, &Texts::default())?;
        let mut wanted = Wanted {
            projection: schema::undescribed(&request.projection),
            text: query::render(&parts)?,
            queries: queries(request, groups.all)?,
            notes: groups.notes,
            from: time.from.ok_or_else(no_range)?,
            to: time.to.unwrap_or(request.now_ns),
            rows: rows(request)?,
            limit: table::own_limit(request, &filters),
        };
        if wanted.from > wanted.to {
            wanted.queries.clear();
        }
        let mut plan = table::planned(
            self,
            request,
            &filters,
            wanted.limit,
            &wanted,
            explain(&wanted),
        )?;
        plan.cost = cost(&wanted, http)?;
        Ok(plan)
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
        if !records.stopped() {
            run::all(&wanted, http, output, &mut records)?;
        }
        records.flush()
    }
}

fn no_range() -> Error {
    Error::invalid_query(
        "expected the beginning of a time range before logs are queried, got no condition like `timestamp > …`",
    )
    .with_hint("write `cloudwatch.logs_insights(\"stats count()\") | where timestamp > ago(1h)`")
}

/// The log groups of each query.
///
/// A log group that is queried by itself is not where its rows are not wanted. Of those that are queried together none is left out:
/// a row can stand for all of them, and must be the same row whatever is wanted.
fn queries(request: &ScanRequest, mut groups: Vec<Group>) -> Result<Vec<Vec<Group>>, Error> {
    let together = groups.len() > 1 && Arguments::of(&request.arguments).has("group");
    if !together {
        groups.retain(|group| !group.unwanted);
        return Ok(groups.into_iter().map(|group| vec![group]).collect());
    }
    if groups.len() > MAX_GROUPS {
        return Err(Error::invalid_query(format!(
            "expected at most {MAX_GROUPS} log groups in one Logs Insights query, got {}",
            groups.len()
        )));
    }
    Ok(vec![groups])
}

fn rows(request: &ScanRequest) -> Result<u64, Error> {
    let rows = Arguments::of(&request.arguments)
        .count("rows")?
        .unwrap_or(DEFAULT_ROWS);
    if (1..=MAX_ROWS).contains(&rows) {
        return Ok(rows);
    }
    Err(Error::invalid_query(format!(
        "expected 1 to {MAX_ROWS} `rows`, which is what Logs Insights can give, got {rows}"
    )))
}

/// What the queries cost, from what the log groups store. None when it cannot be told: one of them is another account's, or is not
/// told of, or the credential may not ask; whether the query may run does not depend on that.
fn cost(wanted: &Wanted, http: &dyn Transport) -> Result<Option<Cost>, Error> {
    let groups: Vec<&Group> = wanted.queries.iter().flatten().collect();
    if groups.iter().any(|group| group.name() != group.id) {
        return Ok(None);
    }
    let bodies: Vec<_> = groups
        .iter()
        .map(|group| json!({"limit": 50, "logGroupNamePrefix": group.name()}))
        .collect();
    let (mut told, mut stored) = (0, 0_u64);
    let mut each = |index: usize, page: Result<GroupPage, Error>| {
        let page = match page {
            Err(error) if error.code == ErrorCode::PermissionDenied => return Ok(Then::Stop),
            page => page?,
        };
        let name = groups.get(index).map(|group| group.name());
        // Names come in their order, so that the one which is the prefix is the first.
        let mut found = page.log_groups.into_iter();
        let found = found.find(|found| Some(found.log_group_name.as_str()) == name);
        if let Some(bytes) = found.and_then(|found| found.stored_bytes) {
            told += 1;
            stored = stored.saturating_add(bytes);
        }
        Ok(Then::Leave)
    };
    pages::walk(http, Action::DescribeLogGroups, &bodies, false, &mut each)?;
    let queries = u64::try_from(wanted.queries.len()).unwrap_or(u64::MAX);
    Ok((told == groups.len()).then(|| price::scan(stored, queries)))
}

/// What will be sent, for `explain`.
fn explain(wanted: &Wanted) -> String {
    if wanted.queries.is_empty() {
        return "nothing is asked: no row can match".to_owned();
    }
    let names = |groups: &Vec<Group>| {
        groups
            .iter()
            .map(Group::name)
            .collect::<Vec<_>>()
            .join(" + ")
    };
    let of: Vec<_> = wanted.queries.iter().map(names).collect();
    format!(
        "StartQuery of {} from {} to {}: {}",
        of.join(", "),
        times::text(wanted.from),
        times::text(wanted.to),
        wanted.text
    )
}
