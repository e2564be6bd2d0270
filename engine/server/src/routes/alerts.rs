//! `GET /api/v1/alerts`: what fires, as far as it exists for the caller.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::alerts::{AlertState, Firing};
use crate::caller::Caller;
use crate::error::{ApiError, Refusals};
use crate::state::AppState;

/// The alerts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertList {
    /// By name.
    alerts: Vec<ShownAlert>,
}

/// An alert.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownAlert {
    /// The name of its query.
    name: String,
    /// What it shows.
    title: String,
    /// What it is now.
    status: AlertStatus,
    /// What it came to.
    #[serde(flatten)]
    state: AlertState,
}

/// What an alert is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AlertStatus {
    /// Something fires.
    Firing,
    /// Nothing fires, and every target said so.
    Ok,
    /// Nothing is known to fire, and not every target answered.
    Unknown,
}

/// Lists the alerts and what they came to.
#[utoipa::path(
    get,
    path = "/api/v1/alerts",
    operation_id = "list_alerts",
    tag = "saved queries",
    responses((status = 200, description = "The alerts", body = AlertList), Refusals)
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Json<AlertList>, ApiError> {
    let scope = &caller.scope;
    if scope.tables.is_some() || scope.plugins.is_some() || scope.namespaces.is_some() {
        // Counts and rows come from queries that see more.
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "alerts are shown to callers who see all tables and namespaces of their clusters; run the saved query instead",
        ));
    }
    let library = state.library_of(&caller);
    let inventory = state.engine.inventory();
    let sees = |name: &str| {
        let cluster = inventory.cluster(name);
        cluster.is_some_and(|cluster| scope.sees_cluster(cluster))
    };
    let whole = scope.is_everything();
    let alerts = library.queries().filter(|query| query.alert.is_some());
    let alerts = alerts.map(|query| {
        let known = state.alerts.state(&query.name).unwrap_or_default();
        let known = if whole { known } else { within(known, sees) };
        ShownAlert {
            name: query.name.clone(),
            title: query.title.clone(),
            status: match known.fires() {
                true => AlertStatus::Firing,
                false if known.complete => AlertStatus::Ok,
                false => AlertStatus::Unknown,
            },
            state: known,
        }
    });
    Ok(Json(AlertList {
        alerts: alerts.collect(),
    }))
}

/// What of it exists for a caller who does not see everything: numbers of its clusters. Rows can name other clusters in any column, and
/// when all answered last is about all; who wants rows runs the saved query.
fn within(state: AlertState, sees: impl Fn(&str) -> bool) -> AlertState {
    let shown = |cluster: &Option<String>| cluster.as_deref().is_some_and(&sees);
    let clusters = state.clusters.into_iter();
    let clusters: Vec<Firing> = clusters.filter(|it| shown(&it.cluster)).collect();
    let nobody_answered = !state.complete && state.missing.is_empty();
    let missing: Vec<String> = state.missing.into_iter().filter(|it| sees(it)).collect();
    let complete = missing.is_empty() && !nobody_answered;
    AlertState {
        last_success_s: state.evaluated_s.filter(|_| complete),
        complete,
        clusters,
        rows: Vec::new(),
        missing,
        problem: None,
        ..state
    }
}
