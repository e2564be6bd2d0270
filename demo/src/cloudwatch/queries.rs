//! Owns StartQuery, GetQueryResults and StopQuery: queries that run. The first time that results are asked for, a query
//! still runs, so that clients must ask again; then it is complete.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::account::Account;
use super::filter_log_events::{MAX_EVENTS, of_identifier};
use super::insights::{self, Outcome};
use super::log_group::LogGroup;
use super::parameters::Parameters;
use super::refusal::Refusal;
use crate::seed::Rng;

/// The most groups of a query.
const MAX_GROUPS: usize = 50;
/// The most characters of a query.
const MAX_CHARACTERS: usize = 10_000;
/// Of so many queries the results are kept; older ones are forgotten.
const KEPT: usize = 100;

/// The queries of an account.
#[derive(Debug, Default)]
pub(super) struct Queries {
    inner: Mutex<(u64, VecDeque<Running>)>,
}

#[derive(Debug)]
struct Running {
    id: String,
    /// `Running` until it was asked for once.
    status: &'static str,
    outcome: Outcome,
}

impl Queries {
    /// Answers StartQuery.
    pub(super) fn start(
        &self,
        account: &Account,
        parameters: Parameters<'_>,
    ) -> Result<Value, Refusal> {
        let groups = groups(account, parameters)?;
        let times = (
            parameters.integer("startTime", 0..=i64::MAX)?,
            parameters.integer("endTime", 0..=i64::MAX)?,
        );
        let (Some(from_s), Some(to_s)) = times else {
            let name = if times.0.is_none() {
                "startTime"
            } else {
                "endTime"
            };
            return Err(parameters.service.missing(name));
        };
        if from_s > to_s {
            return Err(parameters
                .service
                .invalid("End time should not be before start time."));
        }
        let text = parameters.required_text("queryString")?;
        parameters.check_length("queryString", text, MAX_CHARACTERS)?;
        let query = insights::parse(text)?;
        let limit = parameters.page_size("limit", MAX_EVENTS, MAX_EVENTS)?;
        let outcome = insights::run(&query, &groups, (from_s, to_s), limit);
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.0 = inner.0.saturating_add(1);
        let id = Rng::keyed(inner.0, &["query", &account.region]).uid();
        if inner.1.len() >= KEPT {
            inner.1.pop_front();
        }
        inner.1.push_back(Running {
            id: id.clone(),
            status: "Running",
            outcome,
        });
        Ok(json!({"queryId": id}))
    }

    /// Answers GetQueryResults.
    pub(super) fn results(&self, parameters: Parameters<'_>) -> Result<Value, Refusal> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let query = find(&mut inner.1, parameters)?;
        let (status, whole) = (query.status, query.status == "Complete");
        if status == "Running" {
            query.status = "Complete";
        }
        let Outcome {
            rows,
            matched,
            scanned,
            scanned_bytes,
        } = &query.outcome;
        let shown = if whole { rows.as_slice() } else { &[] };
        let results: Vec<Vec<Value>> = shown
            .iter()
            .map(|row| {
                let pair = |(field, value)| json!({"field": field, "value": value});
                row.iter()
                    .map(|(field, value)| pair((field, value)))
                    .collect()
            })
            .collect();
        let statistics = if whole {
            json!({"recordsMatched": matched, "recordsScanned": scanned, "bytesScanned": scanned_bytes})
        } else {
            json!({"recordsMatched": 0, "recordsScanned": 0, "bytesScanned": 0})
        };
        Ok(
            json!({"results": results, "statistics": statistics, "status": status, "queryLanguage": "CWLI"}),
        )
    }

    /// Answers StopQuery.
    pub(super) fn stop(&self, parameters: Parameters<'_>) -> Result<Value, Refusal> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let query = find(&mut inner.1, parameters)?;
        if query.status != "Running" {
            let message = "Specified query ID has already ended or been cancelled";
            return Err(parameters.service.invalid(message));
        }
        query.status = "Cancelled";
        Ok(json!({"success": true}))
    }
}

fn find<'a>(
    queries: &'a mut VecDeque<Running>,
    parameters: Parameters<'_>,
) -> Result<&'a mut Running, Refusal> {
    let id = parameters.required_text("queryId")?;
    queries
        .iter_mut()
        .find(|query| query.id == id)
        .ok_or_else(|| {
            let message = format!("Query with ID {id} does not exist.");
            Refusal::new("ResourceNotFoundException", message)
        })
}

/// The groups that a query is about, named in exactly one of three ways.
fn groups<'a>(
    account: &'a Account,
    parameters: Parameters<'_>,
) -> Result<Vec<&'a LogGroup>, Refusal> {
    let one = parameters.text("logGroupName")?;
    let several = parameters.texts("logGroupNames", MAX_GROUPS)?;
    let identifiers = parameters.texts("logGroupIdentifiers", MAX_GROUPS)?;
    let names: Vec<&str> = match (one, several.is_empty(), identifiers.is_empty()) {
        (Some(name), true, true) => vec![name],
        (None, false, true) => several,
        (None, true, false) => identifiers.into_iter().map(of_identifier).collect(),
        _ => {
            let message = "Exactly one of logGroupName, logGroupNames and logGroupIdentifiers must be specified.";
            return Err(parameters.service.invalid(message));
        }
    };
    names
        .into_iter()
        .map(|name| account.group(name).ok_or_else(Refusal::no_log_group))
        .collect()
}
