//! The HTTP endpoint. [`app`] is the whole of it as a router that tests call directly; [`run`] serves it until told to stop.
//!
//! Knows HTTP and the engine; knows no plugin and no command line.

mod accept;
mod alerts;
mod answering;
mod audit;
mod body;
mod caller;
mod error;
mod guard;
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
mod serve;
mod state;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;

pub use alerts::AlertOptions;
pub use audit::Audit;
pub use caller::{Budget, Caller, Callers, Role, TokenHash, kept_token, new_token};
pub use queue::QueryLimits;
pub use registry::Registry;
pub use serve::{Limits, Options, Tls, run};
pub use state::AppState;

/// The endpoint.
pub fn app(state: AppState) -> Router {
    let (router, document) = routes::all().split_for_parts();
    let page = openapi::page(openapi::finished(document));
    let metrics = state.metrics.clone();
    router
        .merge(page)
        .fallback(routes::not_found)
        .method_not_allowed_fallback(routes::wrong_method)
        .layer(middleware::from_fn(guard::intake))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            caller::identify,
        ))
        .layer(middleware::from_fn_with_state(state.clone(), local::check))
        .layer(middleware::from_fn(guard::headers))
        // Outermost: what is refused is counted too.
        .layer(middleware::from_fn_with_state(metrics, observe::observe))
        .layer(DefaultBodyLimit::max(limits::BODY_BYTES))
        .with_state(state)
}

/// The OpenAPI document of the endpoint.
pub fn document() -> utoipa::openapi::OpenApi {
    openapi::finished(routes::all().into_openapi())
}
