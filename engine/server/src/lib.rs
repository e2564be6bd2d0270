//! The HTTP endpoint. [`app`] is the whole of it as a router that tests call directly; [`run`] serves it until told to stop.
//!
//! Knows HTTP and the engine; knows no plugin and no command line.

mod accept;
mod alerts;
mod answering;
mod body;
mod caller;
mod error;
mod library;
mod limits;
mod local;
mod metrics;
mod observe;
mod openapi;
mod own;
mod queue;
mod ready;
mod registry;
mod request;
mod results;
mod routes;
mod running;
mod state;

use std::future::Future;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use tokio::net::TcpListener;

pub use alerts::AlertOptions;
pub use caller::{Caller, Role};
pub use queue::QueryLimits;
pub use registry::Registry;
pub use state::AppState;

/// The endpoint.
pub fn app(state: AppState) -> Router {
    let (router, document) = routes::all().split_for_parts();
    let page = openapi::page(openapi::finished(document));
    let metrics = state.metrics.clone();
    router
        .route_layer(middleware::from_fn_with_state(metrics, observe::observe))
        .merge(page)
        .fallback(routes::not_found)
        .method_not_allowed_fallback(routes::wrong_method)
        .layer(middleware::from_fn(caller::identify))
        .layer(middleware::from_fn(local::check))
        .layer(DefaultBodyLimit::max(limits::BODY_BYTES))
        .with_state(state)
}

/// The OpenAPI document of the endpoint.
pub fn document() -> utoipa::openapi::OpenApi {
    openapi::finished(routes::all().into_openapi())
}

/// Serves until `shutdown` is ready; queries that run then are finished first.
///
/// # Errors
/// When the listener fails.
pub async fn run(
    listener: TcpListener,
    state: AppState,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let readiness = state.readiness.clone();
    let tending = tokio::spawn(state.clone().tend());
    let drained = async move {
        shutdown.await;
        readiness.drain();
    };
    let served = axum::serve(listener, app(state))
        .with_graceful_shutdown(drained)
        .await;
    tending.abort();
    served
}
