//! Queries that trawl asks itself for its own endpoints: saved queries like everybody's, asked in the name and within the fleet of
//! whoever calls.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use serde_json::value::RawValue;
use trawl_exec::{Error, QueryRequest, Summary, encode};

use crate::caller::Caller;
use crate::error::ApiError;
use crate::limits;
use crate::metrics::Outcome;
use crate::queue::Place;
use crate::state::AppState;

pub(crate) const POD_PHASES: &str = include_str!("../../../queries/fleet/pod-phases.trawl");
pub(crate) const WARNINGS: &str = include_str!("../../../queries/fleet/warnings.trawl");
pub(crate) const NODE_COUNTS: &str = include_str!("../../../queries/fleet/node-counts.trawl");
pub(crate) const NAMESPACE_COUNTS: &str =
    include_str!("../../../queries/fleet/namespace-counts.trawl");
pub(crate) const NODE_USAGE: &str = include_str!("../../../queries/fleet/node-usage.trawl");
pub(crate) const POD_USAGE: &str = include_str!("../../../queries/fleet/pod-usage.trawl");
pub(crate) const PODS: &str = include_str!("../../../queries/fleet/pods.trawl");
pub(crate) const EVENTS: &str = include_str!("../../../queries/fleet/events.trawl");
pub(crate) const METRICS: &str = include_str!("../../../queries/fleet/metrics.trawl");
pub(crate) const LOGS: &str = include_str!("../../../queries/fleet/logs.trawl");
pub(crate) const POD_LOGS: &str = include_str!("../../../queries/fleet/pod-logs.trawl");

/// What the engine says of a table that no connection gives.
const NO_CONNECTION: &str = "Q0234";
/// What it says of a table that does not exist for the caller.
const NO_TABLE: &str = "Q0200";

/// One of them, about to be asked. Each reads one table: what does not exist for a caller takes nothing else away.
pub(crate) struct Own {
    text: &'static str,
    params: BTreeMap<String, Json>,
    clusters: Vec<String>,
}

impl Own {
    /// One of the texts above.
    pub(crate) fn of(text: &'static str) -> Self {
        Self {
            text,
            params: BTreeMap::new(),
            clusters: Vec::new(),
        }
    }

    /// The same on one cluster alone, which exists for the caller.
    pub(crate) fn on(mut self, cluster: &str) -> Self {
        self.clusters.push(cluster.to_owned());
        self
    }

    /// The same with a parameter.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.params.insert(name.to_owned(), value.into());
        self
    }
}

/// Rows as they leave.
pub(crate) struct Items {
    /// A list of objects.
    pub(crate) json: Box<RawValue>,
    /// How complete it is. Where no such table exists for the caller nobody was asked.
    pub(crate) summary: Summary,
}

/// Numbers of trawl's own.
pub(crate) struct Numbers<T> {
    pub(crate) rows: Vec<T>,
    pub(crate) summary: Summary,
    /// Whether there is such a table for the caller.
    pub(crate) exists: bool,
}

/// A request that queries of trawl's own answer. All of them together are one query of the caller's.
pub(crate) struct Asking<'a> {
    state: &'a AppState,
    caller: &'a Caller,
    _place: Place,
}

/// What a query gave.
struct Given {
    json: Vec<u8>,
    summary: Summary,
    exists: bool,
}

impl<'a> Asking<'a> {
    /// When it is the caller's turn.
    pub(crate) async fn begin(state: &'a AppState, caller: &'a Caller) -> Result<Self, ApiError> {
        caller.count()?;
        Ok(Self {
            state,
            caller,
            _place: state.room(caller).await?,
        })
    }

    /// Rows for the caller, up to as many as it may have and the server holds; what was cut says so in its summary.
    pub(crate) async fn items(&self, own: Own) -> Result<Items, ApiError> {
        let given = self.ask(own, self.caller.budget.max_rows).await?;
        let text = String::from_utf8(given.json).map_err(|error| unexpected(&error))?;
        Ok(Items {
            json: RawValue::from_string(text).map_err(|error| unexpected(&error))?,
            summary: given.summary,
        })
    }

    /// All of a few numbers. They are no rows of the caller's, so that its budget does not make them wrong.
    pub(crate) async fn numbers<T: DeserializeOwned>(
        &self,
        own: Own,
    ) -> Result<Numbers<T>, ApiError> {
        let given = self.ask(own, None).await?;
        if let Some(rows) = given.summary.cut_at {
            let message = format!(
                "more than {rows} numbers would have to be held for this; ask for them by a query"
            );
            return Err(Error::Limit(message).into());
        }
        Ok(Numbers {
            rows: serde_json::from_slice(&given.json).map_err(|error| unexpected(&error))?,
            summary: given.summary,
            exists: given.exists,
        })
    }

    async fn ask(&self, own: Own, most: Option<u64>) -> Result<Given, ApiError> {
        let asked = self.ask_listed(own, most).await;
        if let Err(error) = &asked {
            let outcome = Outcome::refused(error.status());
            self.state.metrics.query(outcome, None);
        }
        asked
    }

    async fn ask_listed(&self, own: Own, most: Option<u64>) -> Result<Given, ApiError> {
        let mut request = QueryRequest {
            params: own.params,
            clusters: own.clusters,
            max_age: self.state.max_age(),
            ..QueryRequest::new(own.text)
        };
        self.caller.confine(&mut request);
        request.max_rows = Some(most.map_or(limits::DEFAULT_MAX_ROWS, |it| {
            it.min(limits::DEFAULT_MAX_ROWS)
        }));
        let (id, monitor) = (request.id, Arc::clone(&request.monitor));
        let running = &self.state.running;
        let listed = running.list(id, self.caller, &request.query, monitor);
        listed.runs();
        let mut answer = match self.state.engine.query(request).await {
            Ok(answer) => answer,
            Err(Error::Query(wrong)) => {
                let is = |code: &str| wrong.iter().all(|it| it.code == code);
                if !is(NO_CONNECTION) && !is(NO_TABLE) {
                    return Err(Error::Query(wrong).into());
                }
                return Ok(Given {
                    json: b"[]".to_vec(),
                    summary: Summary::default(),
                    exists: is(NO_CONNECTION),
                });
            }
            Err(error) => return Err(error.into()),
        };
        let mut json = b"[".to_vec();
        let (mut first, mut given, mut full) = (true, 0, false);
        while !full && let Some(batch) = answer.next().await? {
            for piece in encode::pieces(&batch, limits::CHUNK_BYTES, limits::CHUNK_ROWS) {
                full = json.len() > limits::OWN_BYTES;
                if full {
                    break;
                }
                encode::rows_json(&piece, answer.columns(), ",", &mut first, &mut json);
                given += u64::try_from(piece.num_rows()).unwrap_or(u64::MAX);
            }
        }
        json.push(b']');
        let mut summary = answer.finish();
        if full {
            summary.cut_at = Some(given);
        }
        self.state.ended(id, &self.caller.name, &summary);
        let targets = summary.completeness.targets.iter();
        let age = targets.filter_map(|it| it.age_ms).max();
        if let (Some(entry), Some(age)) = (&self.caller.audit, age) {
            entry.is_from(age);
        }
        Ok(Given {
            json,
            summary,
            exists: true,
        })
    }
}

/// A query of trawl's own gave other rows than it was written for.
fn unexpected(error: &dyn std::fmt::Display) -> ApiError {
    tracing::error!(%error, "a query of trawl's own gave other rows than it was written for");
    let code = StatusCode::INTERNAL_SERVER_ERROR;
    ApiError::new(
        code,
        "internal",
        "this is a fault of the server; its log says more",
    )
}
