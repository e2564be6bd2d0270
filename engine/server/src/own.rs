//! Queries that trawl asks itself for its own endpoints: saved queries like everybody's, asked in the name and within the fleet of
//! whoever calls.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use trawl_exec::{Error, QueryRequest, Summary, encode};

use crate::caller::Caller;
use crate::error::ApiError;
use crate::limits;
use crate::state::AppState;

pub(crate) const OVERVIEW: &str = include_str!("../../../queries/fleet/overview.trawl");
pub(crate) const STATS: &str = include_str!("../../../queries/fleet/stats.trawl");
pub(crate) const NODE_USAGE: &str = include_str!("../../../queries/fleet/node-usage.trawl");
pub(crate) const POD_USAGE: &str = include_str!("../../../queries/fleet/pod-usage.trawl");
pub(crate) const PODS: &str = include_str!("../../../queries/fleet/pods.trawl");
pub(crate) const EVENTS: &str = include_str!("../../../queries/fleet/events.trawl");
pub(crate) const METRICS: &str = include_str!("../../../queries/fleet/metrics.trawl");
pub(crate) const LOGS: &str = include_str!("../../../queries/fleet/logs.trawl");
pub(crate) const POD_LOGS: &str = include_str!("../../../queries/fleet/pod-logs.trawl");

/// What the engine says of a table that no connection gives.
const NO_CONNECTION: &str = "Q0234";

/// One of them, about to be asked.
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

    /// Its rows, and how complete they are. Where nothing that the caller sees has such rows, none were asked for, and there are none.
    pub(crate) async fn rows<T: DeserializeOwned>(
        self,
        state: &AppState,
        caller: &Caller,
    ) -> Result<(Vec<T>, Summary), ApiError> {
        let _room = state.room(caller).await?;
        let mut request = QueryRequest {
            params: self.params,
            clusters: self.clusters,
            max_age: state.max_age(),
            max_rows: Some(limits::DEFAULT_MAX_ROWS),
            ..QueryRequest::new(self.text)
        };
        caller.claim(&mut request)?;
        let mut answer = match state.engine.query(request).await {
            Ok(answer) => answer,
            Err(Error::Query(wrong)) if wrong.iter().all(|it| it.code == NO_CONNECTION) => {
                return Ok((Vec::new(), Summary::default()));
            }
            Err(error) => return Err(error.into()),
        };
        let mut rows = b"[".to_vec();
        let mut first = true;
        while let Some(batch) = answer.next().await? {
            encode::rows_json(&batch, answer.columns(), ",", &mut first, &mut rows);
        }
        rows.push(b']');
        let rows = serde_json::from_slice(&rows).map_err(|error| {
            tracing::error!(%error, "a query of trawl's own gave other rows than it was written for");
            let code = StatusCode::INTERNAL_SERVER_ERROR;
            ApiError::new(code, "internal", "this is a fault of the server; its log says more")
        })?;
        let summary = answer.finish();
        let targets = summary.completeness.targets.iter();
        if let (Some(entry), Some(age)) = (&caller.audit, targets.filter_map(|it| it.age_ms).max())
        {
            entry.is_from(age);
        }
        Ok((rows, summary))
    }
}
