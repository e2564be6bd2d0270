//! One endpoint, one file.

use axum::http::{StatusCode, Uri};

use crate::error::ApiError;

pub(crate) mod check;
pub(crate) mod explain;
pub(crate) mod format;
pub(crate) mod health;
pub(crate) mod query;

/// Every other path.
pub(crate) async fn not_found(uri: Uri) -> ApiError {
    let message = format!(
        "there is nothing at {}; queries go to POST /api/v1/query",
        uri.path()
    );
    ApiError::new(StatusCode::NOT_FOUND, "not-found", message)
}
