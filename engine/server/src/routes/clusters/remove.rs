//! `DELETE /api/v1/clusters/{name}`: forgets a registered cluster and its credentials.

use axum::extract::State;
use axum::http::StatusCode;

use super::Name;
use crate::caller::{Caller, Role};
use crate::error::{ApiError, Refusals};
use crate::state::AppState;

/// Removes a registered cluster. One of the inventory's file is removed there.
#[utoipa::path(
    delete,
    path = "/api/v1/clusters/{name}",
    tag = "clusters",
    params(("name" = String, Path, description = "Its name", example = "prod-ap")),
    responses((status = 204, description = "It is gone: queries that begin now do not see it"), Refusals)
)]
pub(crate) async fn remove_cluster(
    State(state): State<AppState>,
    caller: Caller,
    Name(name): Name,
) -> Result<StatusCode, ApiError> {
    caller.at_least(Role::Admin)?;
    super::find(&super::fleet(&state, &caller), &name)?;
    super::registry(&state)?.remove(&name).await?;
    tracing::info!(cluster = %name, by = %caller.name, "a cluster was removed");
    Ok(StatusCode::NO_CONTENT)
}
