//! Owns the result of a query as rows: its pages, whose a row is and when. Refuses to begin or end a query.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;
use trawl_sdk::records::{Cell, Records};
use trawl_sdk::{Error, Transport};

use super::Wanted;
use super::run::Running;
use super::told::Told;
use crate::group::Group;
use crate::pages::{self, Page, Then};
use crate::service::Action;
use crate::times;

/// An answer of GetQueryResults.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResultPage {
    #[serde(default)]
    results: Vec<Vec<FieldValue>>,
    #[serde(default)]
    pub(super) status: Option<String>,
    #[serde(default)]
    pub(super) statistics: Option<Statistics>,
    #[serde(default)]
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
struct FieldValue {
    field: Option<String>,
    value: Option<String>,
}

/// What a query has read.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Statistics {
    #[serde(default)]
    pub(super) bytes_scanned: f64,
}

impl Page for ResultPage {
    fn next(&self) -> Option<&str> {
        self.next_token.as_deref()
    }
}

/// Puts out the result, whose first page is here.
///
/// # Errors
/// What the service answers to a request for a further page.
pub(super) fn push(
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
