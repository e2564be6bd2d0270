//! The paths and shapes that existing dashboards call. They are the same matters as under `/api/v1`, and as guarded.

use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use crate::caller::Caller;
use crate::error::ApiError;
use crate::own::{Asking, Own};
use crate::routes::clusters;
use crate::state::AppState;

pub(crate) mod events;
pub(crate) mod list;
pub(crate) mod logs;
pub(crate) mod metrics;
pub(crate) mod overview;
pub(crate) mod pods;
pub(crate) mod switch;

/// Which rows are meant.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Where {
    /// The cluster; none: the one that the caller switched to, else the default.
    #[param(example = "prod-ap")]
    cluster: Option<String>,
    /// The namespace; none: all.
    #[param(example = "payments")]
    namespace: Option<String>,
}

/// Rows of a table of one cluster.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Items {
    cluster: String,
    /// The rows, an object each, by the names of the table's columns.
    #[schema(value_type = Vec<Object>)]
    items: Box<RawValue>,
    /// Whether these are all.
    complete: bool,
    /// Why not, or why there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// The cluster that is meant: the named one, the one that the caller switched to, the default.
pub(crate) async fn meant(
    named: Option<&str>,
    state: &AppState,
    caller: &Caller,
) -> Result<String, ApiError> {
    let fleet = clusters::fleet(state, caller);
    if let Some(name) = named {
        return Ok(clusters::find(&fleet, name)?.name);
    }
    if let Some(store) = state.store() {
        let current = store.current_cluster(&caller.name).await;
        let current = current.unwrap_or_else(|error| {
            tracing::error!(%error, "the default stands in for the current cluster");
            None
        });
        // It may have gone since, or is no longer the caller's.
        if let Some(cluster) = current.and_then(|name| fleet.cluster(&name).cloned()) {
            return Ok(cluster.name);
        }
    }
    let default = fleet
        .default
        .as_deref()
        .and_then(|name| fleet.cluster(name));
    default
        .map(|it| it.name.clone())
        .ok_or_else(|| ApiError::invalid("there is no default cluster: expected `?cluster=NAME`"))
}

/// Rows of a query that has the parameter `namespace`, where `wanted` says.
async fn namespaced(
    text: &'static str,
    wanted: Result<Query<Where>, QueryRejection>,
    state: &AppState,
    caller: &Caller,
) -> Result<Json<Items>, ApiError> {
    let Query(wanted) = wanted?;
    let cluster = meant(wanted.cluster.as_deref(), state, caller).await?;
    let namespace = wanted.namespace.unwrap_or_default();
    items(
        Own::of(text).with("namespace", &namespace),
        cluster,
        state,
        caller,
    )
    .await
}

/// Rows of a query on one cluster.
pub(crate) async fn items(
    query: Own,
    cluster: String,
    state: &AppState,
    caller: &Caller,
) -> Result<Json<Items>, ApiError> {
    let asking = Asking::begin(state, caller).await?;
    let given = asking.items(query.on(&cluster)).await?;
    let summary = &given.summary;
    let completeness = &summary.completeness;
    let failed = completeness.targets.iter().find_map(|target| {
        let error = target.error.as_ref()?;
        Some(format!("{}: {}", error.code, error.message))
    });
    let mut notes = completeness.targets.iter().flat_map(|it| it.notes.iter());
    let cut = summary.cut_at.map(|rows| {
        format!("cut after {rows} rows; ask for one `namespace`, or by a query that streams")
    });
    let error = failed
        .or(cut)
        .or_else(|| summary.warnings.first().cloned())
        .or_else(|| notes.next().cloned())
        .or_else(|| {
            let none = completeness.targets.is_empty();
            none.then(|| {
                "nothing in the inventory says where this cluster has such rows".to_owned()
            })
        });
    Ok(Json(Items {
        cluster,
        complete: completeness.complete && summary.cut_at.is_none(),
        items: given.json,
        error,
    }))
}
