//! `POST /api/v1/check`: everything that is wrong with a text. A wrong text is a right request: the answer is 200.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use trawl_exec::Check;

use crate::caller::Caller;
use crate::error::{ApiError, Refusals};
use crate::request::Text;
use crate::state::AppState;

/// Checks a text.
#[utoipa::path(
    post,
    path = "/api/v1/check",
    tag = "queries",
    request_body = Text,
    responses((status = 200, description = "What is wrong with the text, and what it would give", body = Check), Refusals)
)]
pub(crate) async fn check(
    State(state): State<AppState>,
    caller: Caller,
    body: Result<Json<Text>, JsonRejection>,
) -> Result<Json<Check>, ApiError> {
    let text = Text::read(body)?;
    let _room = state.room(&caller).await?;
    Ok(Json(state.engine.check(&text.query, &caller.scope).await?))
}
