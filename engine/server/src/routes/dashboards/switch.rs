//! `POST /api/clusters/{cluster}/switch`: the cluster that a caller means where it names none. It is each caller's own, and never
//! changes what a query with a cluster means.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::Caller;
use crate::error::{ApiError, Refusals};
use crate::registry::Wrong;
use crate::routes::clusters::{self, Name};
use crate::state::AppState;

/// Where the caller is now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Switched {
    message: String,
    current: String,
}

/// Switches the caller to a cluster.
#[utoipa::path(
    post,
    path = "/api/clusters/{cluster}/switch",
    tag = "dashboards",
    params(("cluster" = String, Path, description = "Its name", example = "prod-ap")),
    responses((status = 200, description = "A missing `cluster` means this one from now on", body = Switched), Refusals)
)]
pub(crate) async fn dashboard_switch(
    State(state): State<AppState>,
    caller: Caller,
    Name(cluster): Name,
) -> Result<Json<Switched>, ApiError> {
    let current = clusters::find(&clusters::fleet(&state, &caller), &cluster)?.name;
    let store = clusters::registry(&state)?.store()?;
    let kept = store.set_current_cluster(&caller.name, &current).await;
    kept.map_err(Wrong::from)?;
    Ok(Json(Switched {
        message: format!("Switched to {current}"),
        current,
    }))
}
