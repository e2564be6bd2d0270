//! Errors as HTTP answers: a status and `{"error": {code, message, …}}`. What is internal is logged and not told.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value as Json_, json};
use trawl_exec::Error;

use crate::limits;

/// An error on its way to the caller.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    body: Json_,
}

impl ApiError {
    /// An error with a code and a message.
    pub(crate) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        let message: String = message.into();
        Self {
            status,
            body: json!({ "error": { "code": code, "message": message } }),
        }
    }

    /// There is no room for another query.
    pub(crate) fn busy() -> Self {
        let message = format!(
            "{} queries run already; try again later",
            limits::CONCURRENT_QUERIES
        );
        Self::new(StatusCode::TOO_MANY_REQUESTS, "busy", message)
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Query(diagnostics) => Self {
                status: StatusCode::BAD_REQUEST,
                body: json!({ "error": {
                    "code": "invalid-query",
                    "message": Error::Query(diagnostics.clone()).to_string(),
                    "diagnostics": diagnostics,
                } }),
            },
            Error::Incomplete(completeness, required) => Self {
                status: StatusCode::SERVICE_UNAVAILABLE,
                body: json!({ "error": {
                    "code": "incomplete",
                    "message": format!(
                        "{} of {} targets answered, {required} required", completeness.answered, completeness.asked
                    ),
                    "completeness": completeness,
                } }),
            },
            Error::Pushdown(difference) => Self {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                body: json!({ "error": {
                    "code": "pushdown-differs",
                    "message": difference.to_string(),
                    "difference": difference,
                } }),
            },
            Error::Config(message) => {
                Self::new(StatusCode::BAD_REQUEST, "invalid-request", message)
            }
            Error::Limit(message) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "limit", message),
            Error::Internal(message) => {
                tracing::error!(%message, "a query failed");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "internal",
                    "this is a fault of the server; its log says more",
                )
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            response.headers_mut().insert(
                header::RETRY_AFTER,
                HeaderValue::from(limits::RETRY_AFTER_S),
            );
        }
        response
    }
}
