//! `GET /api/v1/running`: the queries that run or wait for their turn. A caller sees its own, an operator everybody's.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use trawl_exec::Progress;
use utoipa::ToSchema;

use crate::caller::Caller;
use crate::error::Refusals;
use crate::limits;
use crate::running::Query;
use crate::state::AppState;

/// The queries that run or wait.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunningQueries {
    /// The oldest first.
    queries: Vec<RunningQuery>,
}

/// A query that runs or waits.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunningQuery {
    /// The name of the run.
    id: String,
    /// Who asked.
    caller: String,
    /// The text, or its beginning.
    query: String,
    /// Whether it waits for its turn.
    waiting: bool,
    /// Whether it was cancelled and is about to end.
    cancelled: bool,
    /// When it came, in milliseconds since the Unix epoch.
    received_ms: u64,
    /// How long ago that is.
    elapsed_ms: u64,
    /// Rows that its answer has given so far.
    rows: u64,
    /// How far its targets are.
    targets: Vec<Progress>,
}

/// Lists the queries that run.
#[utoipa::path(
    get,
    path = "/api/v1/running",
    tag = "queries",
    responses(
        (status = 200, description = "The queries that run or wait for their turn", body = RunningQueries),
        Refusals
    )
)]
pub(crate) async fn running(State(state): State<AppState>, caller: Caller) -> Json<RunningQueries> {
    let queries = state.running.seen_by(&caller);
    Json(RunningQueries {
        queries: queries.iter().map(|query| listed(query)).collect(),
    })
}

fn listed(query: &Query) -> RunningQuery {
    let since_epoch = query.received.duration_since(std::time::UNIX_EPOCH);
    let ms = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    RunningQuery {
        id: query.id.to_string(),
        caller: query.caller.to_string(),
        query: query.text.chars().take(limits::LISTED_CHARACTERS).collect(),
        waiting: !query.has_turn(),
        cancelled: query.monitor.is_cancelled(),
        received_ms: since_epoch.map_or(0, ms),
        elapsed_ms: ms(query.since.elapsed()),
        rows: query.monitor.rows(),
        targets: query.monitor.targets(),
    }
}
