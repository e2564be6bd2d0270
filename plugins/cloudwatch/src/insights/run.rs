//! Owns the life of a query: started, asked for until it is done, stopped when nobody wants it any more. Refuses to wait without
//! asking whether the rows are still wanted.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use trawl_sdk::records::Records;
use trawl_sdk::types::{ErrorCode, Flow};
use trawl_sdk::{Error, Output, Transport};

use super::Wanted;
use super::result::{self, ResultPage};
use super::told::Told;
use crate::group::Group;
use crate::groups;
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

/// A query that runs.
pub(super) struct Running<'w> {
    pub(super) groups: &'w [Group],
    pub(super) id: String,
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
                result::push(wanted, &query, page, http, records, told)?;
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
