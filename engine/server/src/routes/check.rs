//! `POST /api/v1/check`: everything that is wrong with a text. A wrong text is a right request: the answer is 200.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use trawl_exec::Check;

use crate::error::ApiError;
use crate::request::Text;
use crate::state::AppState;

/// Checks a text.
pub(crate) async fn check(
    State(state): State<AppState>,
    body: Result<Json<Text>, JsonRejection>,
) -> Result<Json<Check>, ApiError> {
    let text = Text::read(body)?;
    let _room = state.room().ok_or_else(ApiError::busy)?;
    Ok(Json(state.engine.check(&text.query).await?))
}
