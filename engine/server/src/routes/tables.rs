//! `GET /api/v1/tables`: what can be queried; `GET /api/v1/tables/{name}`: what one of them looks like.

use std::time::Duration;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use trawl_exec::{Description, Silent, TableListing};
use utoipa::{IntoParams, ToSchema};

use crate::caller::Caller;
use crate::error::{ApiError, Refusals};
use crate::limits;
use crate::state::AppState;

/// The tables.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tables {
    /// By name.
    tables: Vec<TableListing>,
    /// Plugins that could not say what they have, and why.
    unlisted: Vec<Unlisted>,
    /// Connections that were asked for their own tables and gave no answer.
    silent: Vec<Silent>,
}

/// A plugin that could not say which tables it has.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Unlisted {
    plugin: String,
    why: String,
}

/// How to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListOptions {
    /// Whether to ask the clusters for the kinds that only they know.
    #[serde(default)]
    discover: bool,
}

/// How to describe.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DescribeOptions {
    /// A path of keys below a column: `spec.template`.
    path: Option<String>,
    /// A name or glob of clusters: what only they know is asked of these.
    cluster: Option<String>,
}

/// Lists the tables that can be queried.
#[utoipa::path(
    get,
    path = "/api/v1/tables",
    operation_id = "list_tables",
    tag = "catalog",
    params(ListOptions),
    responses((status = 200, description = "The tables", body = Tables), Refusals)
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    options: Result<Query<ListOptions>, QueryRejection>,
) -> Result<Json<Tables>, ApiError> {
    let Query(options) = options?;
    let (mut tables, unlisted) = state.engine.tables(&caller.scope).await;
    let mut silent = Vec::new();
    if options.discover {
        // Every cluster is asked.
        caller.count()?;
        let _place = state.room(&caller).await?;
        let found = state
            .engine
            .discovered_tables(limits::DESCRIBE_TIME, &caller.scope);
        let (found, without) = found.await;
        tables.extend(found);
        tables.sort_by(|a, b| a.name.cmp(&b.name));
        silent = without;
    }
    let unlisted = unlisted.into_iter().map(|it| Unlisted {
        plugin: it.plugin,
        why: it.error.to_string(),
    });
    Ok(Json(Tables {
        tables,
        unlisted: unlisted.collect(),
        silent,
    }))
}

/// Describes one table.
#[utoipa::path(
    get,
    path = "/api/v1/tables/{name}",
    operation_id = "describe_table",
    tag = "catalog",
    params(("name" = String, Path, description = "As a query names it: `pods`, `applications.argoproj.io`", example = "pods"), DescribeOptions),
    responses((status = 200, description = "The table", body = Description), Refusals)
)]
pub(crate) async fn describe(
    State(state): State<AppState>,
    caller: Caller,
    name: Result<Path<String>, PathRejection>,
    options: Result<Query<DescribeOptions>, QueryRejection>,
) -> Result<Json<Description>, ApiError> {
    let Path(name) = name?;
    let Query(options) = options?;
    caller.count()?;
    let _place = state.room(&caller).await?;
    let clusters: Vec<String> = options.cluster.into_iter().collect();
    let time: Duration = limits::DESCRIBE_TIME;
    let described = state.engine.describe(
        &name,
        options.path.as_deref(),
        &clusters,
        time,
        &caller.scope,
    );
    Ok(Json(described.await.map_err(ApiError::missing)?))
}
