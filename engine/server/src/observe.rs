//! What every request leaves behind: a count and a duration by endpoint, and a span for its logs.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use crate::metrics::Metrics;

/// The path of what no endpoint has.
const UNMATCHED: &str = "unmatched";
/// The methods that there are; every other word is one to the series.
const METHODS: [Method; 7] = [
    Method::GET,
    Method::POST,
    Method::DELETE,
    Method::HEAD,
    Method::OPTIONS,
    Method::PUT,
    Method::PATCH,
];

/// Counts a request, whatever becomes of it. Endpoints are named by their patterns: what a caller writes into a request is no label.
pub(crate) async fn observe(
    State(metrics): State<Metrics>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let began = Instant::now();
    let known = METHODS.iter().find(|it| *it == request.method());
    let method = known.map_or("other", Method::as_str);
    let path = path.as_ref().map_or(UNMATCHED, MatchedPath::as_str);
    let span = tracing::info_span!("request", method, path);
    let response = next.run(request).instrument(span).await;
    metrics.request(method, path, response.status().as_u16(), began.elapsed());
    response
}
