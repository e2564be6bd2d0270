//! Owns the socket: requests from HTTP, answers to it. Refuses everything but GET.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

use crate::{Loki, Request};

/// Serves until the listener fails or the future is dropped.
///
/// # Errors
/// What the listener says.
pub async fn serve(listener: TcpListener, loki: Loki) -> std::io::Result<()> {
    let app = Router::new().fallback(answer).with_state(Arc::new(loki));
    axum::serve(listener, app).await
}

async fn answer(
    State(loki): State<Arc<Loki>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if method != Method::GET {
        return (StatusCode::METHOD_NOT_ALLOWED, "method not allowed").into_response();
    }
    let query = Query::<Vec<(String, String)>>::try_from_uri(&uri);
    let text = |name: &str| headers.get(name).and_then(|it| it.to_str().ok());
    let reply = loki.answer(&Request {
        path: uri.path().to_owned(),
        query: query.map(|Query(pairs)| pairs).unwrap_or_default(),
        tenant: text("x-scope-orgid").map(str::to_owned),
        categorize: text("x-loki-response-encoding-flags")
            .is_some_and(|flags| flags.split(',').any(|it| it == "categorize-labels")),
    });
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, reply.kind)], reply.body).into_response()
}
