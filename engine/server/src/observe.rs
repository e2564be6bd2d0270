//! What every request leaves behind: a count and a duration by endpoint, and a span for its logs.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use crate::metrics::Metrics;

/// Counts a request. Endpoints are named by their patterns: what a caller writes into a path is no label.
pub(crate) async fn observe(
    State(metrics): State<Metrics>,
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    let (began, method) = (Instant::now(), request.method().clone());
    let path = path.as_str();
    let span = tracing::info_span!("request", %method, path);
    let response = next.run(request).instrument(span).await;
    metrics.request(
        method.as_str(),
        path,
        response.status().as_u16(),
        began.elapsed(),
    );
    response
}
