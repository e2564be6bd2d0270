//! Owns the life of a query: started, asked for until it is done, stopped when nobody wants it any more; and its result as rows.
//! Refuses to wait without asking whether the rows are still wanted.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use trawl_sdk::records::{Cell, Records};
use trawl_sdk::types::{ErrorCode, Flow, Gap, ProgressReport};
use trawl_sdk::{Error, Output, Transport};

use super::Wanted;
use crate::group::Group;
use crate::groups;
use crate::pages::{self, Page, Then};
use crate::service::{Action, call, start};
use crate::times::{self, SECOND};

/// Queries of an account that run at once are 30 to 100, whoever asks; one request leaves most of them to others.
const AT_ONCE: usize = 4;

/// The first wait for a result, and the longest.
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Started {
    query_id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResultPage {
    #[serde(default)]
    results: Vec<Vec<FieldValue>>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    statistics: Option<Statistics>,
    #[serde(default)]
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
struct FieldValue {
    field: Option<String>,
    value: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statistics {
    #[serde(default)]
    bytes_scanned: f64,
}

impl Page for ResultPage {
    fn next(&self) -> Option<&str> {
        self.next_token.as_deref()
    }
}

/// A query that runs.
struct Running<'w> {
    groups: &'w [Group],
    id: String,
}

/// Runs all queries, some at a time.
///
/// # Errors
/// What the service answers; a query that did not complete is `unavailable`, `timeout` or `cancelled`; `not-found` for a log group
/// only where no other one could be queried.
pub(super) fn all(
    wanted: &Wanted,
    http: &dyn Transport,
    output: &dyn Output,
    records: &mut Records<'_>,
) -> Result<(), Error> {
    let mut told = Told {
        output,
        rows: 0,
        bytes: 0.0,
        full: 0,
        missing: Vec::new(),
    };
    for queries in wanted.queries.chunks(AT_ONCE) {
        let calls: Vec<_> = queries
            .iter()
            .map(|groups| start(http, Action::StartQuery, &body(wanted, groups)))
            .collect();
        let mut running = Vec::new();
        let mut failed = None;
        for (of, call) in queries.iter().zip(calls) {
            match call.and_then(|call| call.answer::<Started>()) {
                Ok(started) => running.push(Running {
                    groups: of,
                    id: started.query_id,
                }),
                // A log group that is not there does not keep those of other queries from being asked.
                Err(error) if error.code == ErrorCode::NotFound => {
                    told.missing.push((of, groups::told(of, error)));
                }
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        let outcome = match failed {
            Some(error) => Err(error),
            None => results(wanted, &mut running, http, records, &mut told),
        };
        // What still runs is not wanted any more, and would be charged for.
        for query in &running {
            stop(query, http);
        }
        outcome?;
        if records.stopped() {
            break;
        }
    }
    told.finish(wanted)
}

fn body(wanted: &Wanted, groups: &[Group]) -> Value {
    let ids: Vec<_> = groups.iter().map(Group::identifier).collect();
    // One of the three must be there, and of them only `logGroupIdentifiers` takes an ARN; it takes names as well.
    let (key, of) = match ids.as_slice() {
        ids if groups.iter().any(Group::is_arn) => ("logGroupIdentifiers", json!(ids)),
        [name] => ("logGroupName", json!(name)),
        names => ("logGroupNames", json!(names)),
    };
    let mut body = Map::from_iter([(key.to_owned(), of)]);
    // Both bounds are included, and rounded so that no event is lost; what is beyond them is sorted out by its own time.
    body.insert(
        "startTime".to_owned(),
        json!(times::floor(wanted.from, SECOND).max(0)),
    );
    body.insert(
        "endTime".to_owned(),
        json!(times::ceil(wanted.to, SECOND).max(0)),
    );
    body.insert("queryString".to_owned(), json!(wanted.text));
    body.insert("limit".to_owned(), json!(wanted.rows));
    Value::Object(body)
}

/// Best effort: a query that is done cannot be stopped, and the scan has its outcome already.
fn stop(query: &Running<'_>, http: &dyn Transport) {
    let _ = call::<Value>(http, Action::StopQuery, &json!({"queryId": query.id}));
}

/// Waits for the queries in their order; each is taken from `running` when it is done.
fn results(
    wanted: &Wanted,
    running: &mut Vec<Running<'_>>,
    http: &dyn Transport,
    records: &mut Records<'_>,
    told: &mut Told<'_, '_>,
) -> Result<(), Error> {
    let mut wait = FIRST_WAIT;
    while let Some(query) = running.first() {
        let page: ResultPage = call(http, Action::GetQueryResults, &json!({"queryId": query.id}))?;
        match page.status.as_deref() {
            Some("Complete") => {
                let query = running.remove(0);
                told.bytes += page
                    .statistics
                    .map_or(0.0, |statistics| statistics.bytes_scanned);
                push(wanted, &query, page, http, records, told)?;
                if records.stopped() {
                    return Ok(());
                }
                records.flush()?;
                wait = FIRST_WAIT;
            }
            Some("Scheduled" | "Running" | "Unknown") => {
                if told.progress() == Flow::Stop {
                    records.stop();
                    return Ok(());
                }
                http.wait(wait);
                wait = wait.saturating_mul(2).min(LONGEST_WAIT);
            }
            status => {
                let status = status.unwrap_or("no status").to_owned();
                running.remove(0);
                return Err(ended(&status));
            }
        }
    }
    Ok(())
}

fn ended(status: &str) -> Error {
    let (code, hint) = match status {
        "Failed" => (
            ErrorCode::Unavailable,
            "ask again; the service gives no reason",
        ),
        "Timeout" => (
            ErrorCode::Timeout,
            "narrow the time range or the log groups: a query may run for 60 minutes",
        ),
        "Cancelled" => (
            ErrorCode::Cancelled,
            "somebody stopped the query; ask again",
        ),
        _ => (
            ErrorCode::Protocol,
            "check `url` of the connection: it must be CloudWatch Logs",
        ),
    };
    Error::new(
        code,
        format!("expected the Logs Insights query to complete, got the status {status}"),
    )
    .with_hint(hint)
}

/// Puts out the result, whose first page is here.
fn push(
    wanted: &Wanted,
    query: &Running<'_>,
    first: ResultPage,
    http: &dyn Transport,
    records: &mut Records<'_>,
    told: &mut Told<'_, '_>,
) -> Result<(), Error> {
    let (mut received, mut rows) = (0_usize, 0_u64);
    let mut each = |page: ResultPage| -> Result<Then, Error> {
        received = received.saturating_add(page.results.len());
        for fields in page.results {
            if records.stopped() {
                return Ok(Then::Stop);
            }
            rows = rows.saturating_add(u64::from(row(wanted, query, fields, records)?));
        }
        Ok(if records.stopped() {
            Then::Stop
        } else {
            Then::Go
        })
    };
    let token = first.next_token.clone().filter(|token| !token.is_empty());
    let more = each(first)? == Then::Go;
    if let Some(token) = token.filter(|_| more) {
        let rest = [json!({"queryId": query.id, "nextToken": token})];
        pages::walk(
            http,
            Action::GetQueryResults,
            &rest,
            true,
            |_, page: Result<ResultPage, _>| each(page?),
        )?;
    }
    told.rows = told.rows.saturating_add(rows);
    // Rows that are left out here have used up the query's number as well. Who has all that was wanted lacks none.
    let received = u64::try_from(received).unwrap_or(u64::MAX);
    told.full += usize::from(received >= wanted.rows && !records.stopped());
    Ok(())
}

/// Puts out one row. False when its event is outside of the range, which the API only knows in seconds, or in a log group whose rows
/// are not wanted.
fn row(
    wanted: &Wanted,
    query: &Running<'_>,
    fields: Vec<FieldValue>,
    records: &mut Records<'_>,
) -> Result<bool, Error> {
    let fields: BTreeMap<String, String> = fields
        .into_iter()
        .filter_map(|it| Some((it.field?, it.value?)))
        // A pointer to the event, for another action.
        .filter(|(field, _)| field != "@ptr")
        .collect();
    let at = match fields
        .get("@timestamp")
        .and_then(|text| times::of_insights(text))
    {
        Some(at) if (wanted.from..=wanted.to).contains(&at) => at,
        Some(_) => return Ok(false),
        None => bin(&fields)
            .unwrap_or(wanted.from)
            .clamp(wanted.from, wanted.to),
    };
    let log = fields.get("@log");
    let of_query = match query.groups {
        [only] => Some(only),
        groups => log.and_then(|log| groups.iter().find(|group| group.is_log(log))),
    };
    if of_query.is_some_and(|group| group.unwanted) {
        return Ok(false);
    }
    // `account:group`.
    let of_row = log.map(|log| log.split_once(':').map_or(log.as_str(), |(_, name)| name));
    let group = of_row.or(of_query.map(Group::name));
    let text = |name: &str| fields.get(name).map_or(Cell::Null, |text| Cell::Text(text));
    records.row(&[
        Cell::TimestampNs(at),
        text("@message"),
        text("@logStream"),
        group.map_or(Cell::Null, Cell::Text),
        Cell::Map(&fields),
        of_query.map_or(Cell::Null, |group| Cell::text(&group.cluster)),
    ])?;
    Ok(true)
}

/// The beginning of the row's time bin: the field that `by bin(5m)` makes.
fn bin(fields: &BTreeMap<String, String>) -> Option<i64> {
    let mut bins = fields.iter().filter(|(field, _)| field.starts_with("bin("));
    bins.find_map(|(_, value)| times::of_insights(value))
}

/// What the user is told besides the rows.
struct Told<'w, 'o> {
    output: &'o dyn Output,
    rows: u64,
    bytes: f64,
    /// Queries whose result is as long as it may be.
    full: usize,
    /// Queries that could not begin: a log group is not there.
    missing: Vec<(&'w [Group], Error)>,
}

impl Told<'_, '_> {
    fn progress(&self) -> Flow {
        self.output.progress(ProgressReport {
            rows_read: self.rows,
            bytes_read: 0,
            done: None,
        })
    }

    fn finish(self, wanted: &Wanted) -> Result<(), Error> {
        let mut missing = self.missing.into_iter();
        if missing.len() == wanted.queries.len()
            && let Some((_, error)) = missing.next()
        {
            return Err(error);
        }
        for (groups, error) in missing {
            let cluster = match groups {
                [only] => only.cluster.as_deref(),
                _ => None,
            };
            self.output.report(Gap::Partial, cluster, &error.message);
        }
        if self.full > 0 {
            let text = format!(
                "a Logs Insights query gave {} rows, which is as many as it may give: there may be more (`rows` raises it)",
                wanted.rows
            );
            self.output.report(Gap::Truncated, None, &text);
        }
        if self.bytes > 0.0 {
            let text = format!("Logs Insights scanned {:.3} GB", self.bytes / 1e9);
            self.output.report(Gap::Note, None, &text);
        }
        Ok(())
    }
}
