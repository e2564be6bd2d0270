//! `GET /api/aci/logs`: the latest log lines of a cluster's log group, or of one pod.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::Deserialize;
use utoipa::IntoParams;

use super::Items;
use crate::caller::Caller;
use crate::error::{ApiError, Refusals};
use crate::own::{self, Own};
use crate::state::AppState;

/// Which lines are meant.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Lines {
    /// The cluster; none: the one that the caller switched to, else the default.
    cluster: Option<String>,
    /// The namespace of `pod`.
    namespace: Option<String>,
    /// The pod whose containers' lines are meant; none: the events of the cluster's log group.
    pod: Option<String>,
}

/// The latest thousand log lines of a cluster, or of one of its pods.
#[utoipa::path(
    get,
    path = "/api/aci/logs",
    tag = "dashboards",
    params(Lines),
    responses((status = 200, description = "The rows, and whether they are all", body = Items), Refusals)
)]
pub(crate) async fn dashboard_logs(
    State(state): State<AppState>,
    caller: Caller,
    query: Result<Query<Lines>, QueryRejection>,
) -> Result<Json<Items>, ApiError> {
    let Query(wanted) = query?;
    let cluster = super::meant(wanted.cluster.as_deref(), &state, &caller).await?;
    let query = match (wanted.namespace, wanted.pod) {
        (Some(namespace), Some(pod)) => {
            let query = Own::of(own::POD_LOGS);
            query.with("namespace", &namespace).with("pod", &pod)
        }
        (None, None) => Own::of(own::LOGS),
        (Some(_), None) | (None, Some(_)) => {
            return Err(ApiError::invalid(
                "expected `namespace` and `pod` together, or neither for the cluster's log group",
            ));
        }
    };
    super::items(query, cluster, &state, &caller).await
}
