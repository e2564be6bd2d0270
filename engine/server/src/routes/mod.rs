//! One endpoint, one file.

use axum::http::{Method, StatusCode, Uri};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::ApiError;
use crate::openapi;
use crate::state::AppState;

pub(crate) mod alerts;
pub(crate) mod cancel;
pub(crate) mod check;
pub(crate) mod clusters;
pub(crate) mod completeness;
pub(crate) mod dashboards;
pub(crate) mod explain;
pub(crate) mod format;
pub(crate) mod health;
pub(crate) mod metrics;
pub(crate) mod plugins;
pub(crate) mod query;
pub(crate) mod ready;
pub(crate) mod running;
pub(crate) mod saved;
pub(crate) mod tables;

/// Every endpoint, with what the document says of it.
pub(crate) fn all() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(openapi::frame())
        .routes(routes!(query::query))
        .routes(routes!(running::running))
        .routes(routes!(cancel::cancel))
        .routes(routes!(completeness::completeness))
        .routes(routes!(explain::explain))
        .routes(routes!(check::check))
        .routes(routes!(format::format))
        .routes(routes!(tables::list))
        .routes(routes!(tables::describe))
        .routes(routes!(plugins::list))
        .routes(routes!(saved::list))
        .routes(routes!(saved::show))
        .routes(routes!(saved::run))
        .routes(routes!(alerts::list))
        .routes(routes!(health::healthz))
        .merge(of_clusters())
}

/// What there is, and what is registered; also where existing dashboards look for it.
fn of_clusters() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(
            clusters::list::list_clusters,
            clusters::register::register_cluster
        ))
        .routes(routes!(clusters::overview::clusters_overview))
        .routes(routes!(
            clusters::show::show_cluster,
            clusters::remove::remove_cluster
        ))
        .routes(routes!(clusters::choose::choose_cluster))
        .routes(routes!(clusters::stats::cluster_stats))
        .routes(routes!(clusters::resources::cluster_resources))
        .routes(routes!(dashboards::list::dashboard_clusters))
        .routes(routes!(dashboards::overview::dashboard_overview))
        .routes(routes!(dashboards::switch::dashboard_switch))
        .routes(routes!(dashboards::pods::dashboard_pods))
        .routes(routes!(dashboards::events::dashboard_events))
        .routes(routes!(dashboards::logs::dashboard_logs))
        .routes(routes!(dashboards::metrics::dashboard_metrics))
        .routes(routes!(ready::readyz))
        .routes(routes!(metrics::metrics))
}

/// A path that there is, asked in another way.
pub(crate) async fn wrong_method(method: Method, uri: Uri) -> ApiError {
    let message = format!(
        "{} does not answer {method}; /openapi.json says what it answers",
        uri.path()
    );
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method-not-allowed",
        message,
    )
}

/// Every other path.
pub(crate) async fn not_found(uri: Uri) -> ApiError {
    let message = format!(
        "there is nothing at {}; queries go to POST /api/v1/query",
        uri.path()
    );
    ApiError::new(StatusCode::NOT_FOUND, "not-found", message)
}
