//! `POST /api/v1/clusters/{name}/default`: the cluster that is meant where none is named.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::Name;
use crate::caller::{Caller, Role};
use crate::error::{ApiError, Refusals};
use crate::state::AppState;

/// The default from now on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChosenDefault {
    default: String,
}

/// Makes a cluster the default of everybody. It stands above the `default` of the inventory's file.
#[utoipa::path(
    post,
    path = "/api/v1/clusters/{name}/default",
    tag = "clusters",
    params(("name" = String, Path, description = "Its name", example = "prod-ap")),
    responses((status = 200, description = "It is the default", body = ChosenDefault), Refusals)
)]
pub(crate) async fn choose_cluster(
    State(state): State<AppState>,
    caller: Caller,
    Name(name): Name,
) -> Result<Json<ChosenDefault>, ApiError> {
    caller.at_least(Role::Admin)?;
    caller.of_everything()?;
    super::find(&super::fleet(&state, &caller), &name)?;
    super::registry(&state)?.choose(&name).await?;
    Ok(Json(ChosenDefault { default: name }))
}
