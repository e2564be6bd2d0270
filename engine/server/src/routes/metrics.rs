//! `GET /metrics`: what Prometheus scrapes. Names of clusters are labels, so it is for operators.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use crate::caller::{Caller, Role};
use crate::error::{ApiError, Refusals};
use crate::state::AppState;

/// Prometheus' text form, version 0.0.4.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The series of this server.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operations",
    responses((status = 200, description = "The series", body = String, content_type = "text/plain"), Refusals)
)]
pub(crate) async fn metrics(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<impl IntoResponse, ApiError> {
    caller.at_least(Role::Operator)?;
    caller.of_everything()?;
    let mut text = state.metrics.text(state.gauges());
    text.push_str(&state.alerts.series());
    Ok(([(header::CONTENT_TYPE, TEXT)], text))
}
