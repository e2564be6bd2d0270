//! `GET /api/v1/plugins`: what is installed, and to an operator what each may do and how it stands.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use trawl_exec::{PluginLimits, Standing, StandingGrant};
use utoipa::ToSchema;

use crate::caller::Caller;
use crate::error::{ApiError, Refusals};
use crate::state::AppState;

/// The plugins.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Plugins {
    /// In the order in which tables are looked for in them.
    plugins: Vec<Plugin>,
}

/// One plugin.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Plugin {
    /// Its installed name.
    name: String,
    /// The version that serves; none where it cannot be loaded.
    version: Option<String>,
    /// How it stands, for operators.
    #[serde(skip_serializing_if = "Option::is_none")]
    standing: Option<Detail>,
    /// Why it cannot be loaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// What an operator sees of a plugin.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Detail {
    /// The SHA-256 of its component, in hexadecimal.
    digest: String,
    /// How many connections it has.
    connections: usize,
    /// What the inventory grants it; null where it says nothing: then it is what a plugin that came with trawl declares, and nothing
    /// for others.
    grants: Option<Vec<StandingGrant>>,
    /// What it may use.
    limits: PluginLimits,
    /// What it declares and is not granted: the lines that would grant it, and where they go.
    missing: Vec<String>,
    /// The newer version that does not serve, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<String>,
}

/// Lists the installed plugins; operators see digests, grants and limits.
#[utoipa::path(
    get,
    path = "/api/v1/plugins",
    operation_id = "list_plugins",
    tag = "catalog",
    responses((status = 200, description = "The plugins", body = Plugins), Refusals)
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Json<Plugins>, ApiError> {
    // How a plugin stands is told with the clusters where it does.
    let full = caller.oversees();
    let mut plugins = Vec::new();
    for name in state.engine.plugins() {
        if !caller.scope.sees_plugin(&name) {
            continue;
        }
        let standing = state.engine.standing(&name).await;
        let (version, detail, problem) = match standing {
            Ok(Some(standing)) => (Some(standing.version.clone()), Some(detail(standing)), None),
            Ok(None) => continue,
            Err(error) => (None, None, Some(error.to_string())),
        };
        plugins.push(Plugin {
            name,
            version,
            standing: detail.filter(|_| full),
            problem: problem.map(|problem| match full {
                true => problem,
                // The reason may name files and clusters.
                false => "it cannot be loaded; an operator sees why".to_owned(),
            }),
        });
    }
    Ok(Json(Plugins { plugins }))
}

fn detail(standing: Standing) -> Detail {
    Detail {
        digest: standing.digest,
        connections: standing.connections,
        grants: standing.grants,
        limits: standing.limits,
        missing: standing.missing.iter().map(ToString::to_string).collect(),
        held: standing.held.as_ref().map(ToString::to_string),
    }
}
