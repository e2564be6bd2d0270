//! The HTTP endpoint. [`app`] is the whole of it as a router that tests call directly; [`run`] serves it until told to stop.
//!
//! Knows HTTP and the engine; knows no plugin and no command line.

mod body;
mod error;
mod limits;
mod local;
mod request;
mod routes;
mod state;

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use trawl_exec::Engine;

pub use state::AppState;

/// The endpoint.
pub fn app(state: AppState) -> Router {
    Router::new()
        .route("/api/v1/query", post(routes::query::query))
        .route("/api/v1/explain", post(routes::explain::explain))
        .route("/api/v1/check", post(routes::check::check))
        .route("/api/v1/format", post(routes::format::format))
        .route("/healthz", get(routes::health::healthz))
        .fallback(routes::not_found)
        .layer(middleware::from_fn(local::check))
        .layer(DefaultBodyLimit::max(limits::BODY_BYTES))
        .with_state(state)
}

/// Serves until `shutdown` is ready; queries that run then are finished first.
///
/// # Errors
/// When the listener fails.
pub async fn run(
    listener: TcpListener,
    engine: Arc<Engine>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, app(AppState::new(engine)))
        .with_graceful_shutdown(shutdown)
        .await
}
