//! `POST /api/v1/clusters`: registers a cluster. What comes here is untrusted: inline certificates and tokens alone, addresses that
//! the server's guard lets through.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderName, StatusCode, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Map, Value as Json_};
use utoipa::ToSchema;

use super::ClusterView;
use crate::caller::{Caller, Role};
use crate::error::{ApiError, Refusals};
use crate::registry::Wanted;
use crate::state::AppState;

/// Names that are paths of this endpoint.
const TAKEN: &[&str] = &["overview"];

/// What is escaped in a segment of a path: all but what RFC 3986 calls unreserved.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A cluster to be registered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCluster {
    /// Its name in queries; no other cluster may have it.
    #[schema(min_length = 1, max_length = 253, example = "prod-eu")]
    name: String,
    /// As the cloud calls it.
    region: Option<String>,
    /// `production`, `staging`, `development` or another word.
    environment: Option<String>,
    /// The cloud account that owns it.
    account: Option<String>,
    /// Free labels, `tags.KEY` in queries.
    #[serde(default)]
    tags: BTreeMap<String, String>,
    /// The text of a kubeconfig, with inline certificates and tokens alone: `kubectl config view --minify --flatten --raw`.
    kubeconfig: String,
    /// Its context; none: its current one.
    context: Option<String>,
    /// Connections to other plugins as in a clusters.yaml, but with inline secrets:
    /// `{"prometheus": {"url": "https://…", "auth": {"bearer": "TOKEN"}}}`.
    #[serde(default)]
    connections: Map<String, Json_>,
}

/// Registers a cluster: its parts are checked, its API server is asked for its version and its nodes, and it is kept, its
/// credentials sealed. Queries see it at once.
#[utoipa::path(
    post,
    path = "/api/v1/clusters",
    tag = "clusters",
    request_body = NewCluster,
    responses(
        (
            status = 201,
            description = "It is registered, and will be after the server ends",
            body = ClusterView,
            headers(("Location" = String, description = "Where it is"))
        ),
        Refusals
    )
)]
pub(crate) async fn register_cluster(
    State(state): State<AppState>,
    caller: Caller,
    body: Result<Json<NewCluster>, JsonRejection>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<ClusterView>), ApiError> {
    caller.at_least(Role::Admin)?;
    // That a name is taken would tell of clusters outside.
    caller.of_everything()?;
    let Json(body) = body?;
    if TAKEN.contains(&body.name.as_str()) {
        let message = format!(
            "name: `{}` is a path of this endpoint: expected another name",
            body.name
        );
        return Err(ApiError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "refused",
            message,
        ));
    }
    let registry = super::registry(&state)?;
    let name = body.name.clone();
    let wanted = Wanted {
        name: body.name,
        region: body.region,
        environment: body.environment,
        account: body.account,
        tags: body.tags,
        kubeconfig: body.kubeconfig,
        context: body.context,
        connections: body.connections,
    };
    registry.register(wanted, &caller.name).await?;
    // Registered by an admin, it may be outside of what the same token queries.
    let fleet = state.engine.inventory();
    let cluster = super::find(&fleet, &name)?;
    let place = format!("/api/v1/clusters/{}", utf8_percent_encode(&name, SEGMENT));
    let view = ClusterView::of(&cluster, &fleet, &registry.known());
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(view)))
}
