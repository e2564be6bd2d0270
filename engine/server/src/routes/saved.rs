//! `GET /api/v1/queries`: the saved queries; `GET /api/v1/queries/{name}`: one of them, with what it gives.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Serialize;
use trawl_exec::Check;
use trawl_saved::{Alert, Library, SavedParameter, SavedQuery};
use utoipa::ToSchema;

use crate::answering::{self, Wanted};
use crate::caller::Caller;
use crate::error::{ApiError, Refusals};
use crate::request::Options;
use crate::routes::query::Document;
use crate::state::AppState;

/// The saved queries.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Queries {
    /// By name.
    queries: Vec<Listed>,
}

/// A saved query in a listing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Listed {
    /// `nodes.not-ready`.
    name: String,
    /// What it shows.
    title: String,
    /// Whether and how it is evaluated as an alert.
    #[serde(skip_serializing_if = "Option::is_none")]
    alert: Option<Alert>,
    /// What may be given to it.
    parameters: Vec<SavedParameter>,
}

/// A saved query, and what it gives.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Shown {
    /// The query.
    #[serde(flatten)]
    query: SavedQuery,
    /// Its columns where it can run for this caller, and what is wrong where it cannot.
    check: Check,
}

/// Lists the saved queries.
#[utoipa::path(
    get,
    path = "/api/v1/queries",
    operation_id = "list_queries",
    tag = "saved queries",
    responses((status = 200, description = "The queries", body = Queries), Refusals)
)]
pub(crate) async fn list(State(state): State<AppState>, caller: Caller) -> Json<Queries> {
    let library = state.library_of(&caller);
    let listed = |query: &SavedQuery| Listed {
        name: query.name.clone(),
        title: query.title.clone(),
        alert: query.alert,
        parameters: query.parameters.clone(),
    };
    Json(Queries {
        queries: library.queries().map(listed).collect(),
    })
}

/// Shows a saved query, its documentation, parameters and columns.
#[utoipa::path(
    get,
    path = "/api/v1/queries/{name}",
    operation_id = "show_query",
    tag = "saved queries",
    params(("name" = String, Path, description = "Its file's path with dots", example = "nodes.not-ready")),
    responses((status = 200, description = "The query", body = Shown), Refusals)
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    name: Result<Path<String>, PathRejection>,
) -> Result<Json<Shown>, ApiError> {
    let Path(name) = name?;
    let query = find(&state.library_of(&caller), &name)?;
    let _place = state.room(&caller).await?;
    let check = state.engine.check(&query.text, &caller.scope).await?;
    Ok(Json(Shown { query, check }))
}

/// Runs a saved query: its parameters and all options of a query but the text, as a query's answer.
#[utoipa::path(
    post,
    operation_id = "run_query",
    path = "/api/v1/queries/{name}/run",
    tag = "saved queries",
    params(("name" = String, Path, description = "Its file's path with dots", example = "nodes.not-ready")),
    request_body = Option<Options>,
    responses(
        (
            status = 200,
            description = "As of a query",
            content(
                (Document = "application/json"),
                (String = "application/x-ndjson"),
                (String = "text/csv"),
                (String = "application/vnd.apache.arrow.stream"),
                (String = "text/event-stream")
            )
        ),
        Refusals
    )
)]
pub(crate) async fn run(
    State(state): State<AppState>,
    caller: Caller,
    name: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let Path(name) = name?;
    let query = find(&state.library_of(&caller), &name)?;
    let body = Options::with(&body, &query.text)?;
    let wanted = Wanted::of(body.format.as_deref(), &headers)?;
    let mut request = body.into_request(&caller)?;
    request.max_age = request.max_age.or(state.max_age());
    Ok(answering::answer(&state, &caller, request, wanted).await)
}

/// The query of this name.
pub(crate) fn find(library: &Arc<Library>, name: &str) -> Result<SavedQuery, ApiError> {
    library.get(name).cloned().ok_or_else(|| {
        let near = library.near(name);
        let near = near.map(|near| format!("; did you mean `{near}`?"));
        ApiError::new(
            StatusCode::NOT_FOUND,
            "not-found",
            format!(
                "there is no saved query of this name{}; GET /api/v1/queries lists them",
                near.unwrap_or_default()
            ),
        )
    })
}
