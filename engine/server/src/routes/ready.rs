//! `GET /readyz`: whether to send queries here. It says nothing of clusters: a dead one must not take all servers away.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::ready::Phase;
use crate::state::AppState;

/// Whether to send queries here.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ready {
    /// What the server is doing.
    status: Phase,
}

/// 200 when plugins are loaded and the server is not ending.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "operations",
    security(()),
    responses(
        (status = 200, description = "Ready", body = Ready),
        (status = 503, description = "Loading plugins, or ending", body = Ready)
    )
)]
pub(crate) async fn readyz(State(state): State<AppState>) -> (StatusCode, Json<Ready>) {
    let phase = state.readiness.phase();
    let status = match phase {
        Phase::Ready => StatusCode::OK,
        Phase::Loading | Phase::Draining => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(Ready { status: phase }))
}
