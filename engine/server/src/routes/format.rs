//! `POST /api/v1/format`: a text in its canonical form.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{ApiError, Refusals};
use crate::request::Text;

/// The canonical form.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Formatted {
    query: String,
    /// Whether that is another text than the given one.
    changed: bool,
}

/// Formats a text.
#[utoipa::path(
    post,
    path = "/api/v1/format",
    tag = "queries",
    request_body = Text,
    responses((status = 200, description = "The canonical form", body = Formatted), Refusals)
)]
pub(crate) async fn format(
    body: Result<Json<Text>, JsonRejection>,
) -> Result<Json<Formatted>, ApiError> {
    let text = Text::read(body)?;
    let query = trawl_exec::format(&text.query)?;
    Ok(Json(Formatted {
        changed: query != text.query,
        query,
    }))
}
