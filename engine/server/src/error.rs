//! Errors as HTTP answers: a status and `{"error": {code, message, …}}`. What is internal is logged and not told.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value as Json_, json};
use trawl_exec::{Completeness, Difference, Error};
use utoipa::{IntoResponses, ToSchema};

use crate::limits;
use crate::queue::Full;
use crate::registry::{Kind, Wrong};

/// An error on its way to the caller.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    body: Json_,
    /// Seconds after which the caller may try again, where that is known.
    after: Option<u64>,
}

/// What an error looks like.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Refusal {
    error: RefusalBody,
}

/// Why there is no answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RefusalBody {
    /// The kind: `invalid-query`.
    code: String,
    /// What was expected and what came.
    message: String,
    /// What is wrong with the text of a query, with places.
    #[schema(value_type = Option<Vec<trawl_exec::DiagnosticShape>>)]
    diagnostics: Option<Json_>,
    /// What answered, where too little did.
    completeness: Option<Completeness>,
    /// How two runs of one query differ, where that was asked.
    difference: Option<Difference>,
    /// Which parts of a request are refused, and why.
    fields: Option<Vec<RefusedField>>,
}

/// A part of a request that is refused.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RefusedField {
    /// Where it stands: `kubeconfig.users[admin].exec`.
    field: String,
    /// What was expected and what came.
    message: String,
}

/// The errors that any request may end with.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "read by the document alone")]
pub(crate) enum Refusals {
    /// The request or its query is wrong.
    #[response(status = 400)]
    Wrong(Refusal),
    /// Nobody, or nobody known, asks.
    #[response(status = 401)]
    Unknown(Refusal),
    /// Who asks may not, or a page of another site asks.
    #[response(status = 403)]
    Forbidden(Refusal),
    /// There is no such thing, or not for this caller.
    #[response(status = 404)]
    Missing(Refusal),
    /// None of the accepted encodings is given.
    #[response(status = 406)]
    Unacceptable(Refusal),
    /// The body did not come in time.
    #[response(status = 408)]
    Slow(Refusal),
    /// It would not go with what is there, or somebody cancelled the query before it had rows.
    #[response(status = 409)]
    Conflict(Refusal),
    /// The body is too large.
    #[response(status = 413)]
    TooLarge(Refusal),
    /// The body is not JSON by its content type.
    #[response(status = 415)]
    NotJson(Refusal),
    /// The request is well-formed and cannot be done: a limit, a key that is refused.
    #[response(status = 422)]
    Unprocessable(Refusal),
    /// There is no room; `Retry-After` says when to come again.
    #[response(status = 429)]
    Busy(Refusal),
    /// A fault of the server.
    #[response(status = 500)]
    Internal(Refusal),
    /// Fewer targets answered than were required, or the server is not ready.
    #[response(status = 503)]
    Incomplete(Refusal),
    /// The query's time was over before its first row.
    #[response(status = 504)]
    Overdue(Refusal),
}

impl ApiError {
    /// An error with a code and a message.
    pub(crate) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        let message: String = message.into();
        Self {
            status,
            body: json!({ "error": { "code": code, "message": message } }),
            after: None,
        }
    }

    /// What was asked is wrong.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid-request", message)
    }

    /// The same for who may try again after so many seconds.
    pub(crate) fn after(self, seconds: u64) -> Self {
        Self {
            after: Some(seconds),
            ..self
        }
    }

    /// The query's time was over before its first row.
    pub(crate) fn overdue(completeness: &Completeness) -> Self {
        Self {
            status: StatusCode::GATEWAY_TIMEOUT,
            body: json!({ "error": {
                "code": "timeout",
                "message": "the query's time was over before its first row; give it more with `timeout_ms`, or narrow it",
                "completeness": completeness,
            } }),
            after: None,
        }
    }

    /// There is no query of this name, or not for who asks.
    pub(crate) fn no_query(message: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", message)
    }

    /// What was asked for by its name and is not there.
    pub(crate) fn missing(error: Error) -> Self {
        match error {
            Error::Config(message) => Self::new(StatusCode::NOT_FOUND, "not-found", message),
            other => other.into(),
        }
    }

    /// Its status.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// What it says.
    pub(crate) fn message(&self) -> &str {
        let message = self.told().get("message");
        message.and_then(Json_::as_str).unwrap_or_default()
    }

    /// What it tells, without the status.
    pub(crate) fn told(&self) -> &Json_ {
        self.body.get("error").unwrap_or(&self.body)
    }
}

/// What axum refuses is said as everything else is; its statuses tell a body that is too large from one that is no JSON.
macro_rules! rejections {
    ($($rejection:ty),*) => {$(
        impl From<$rejection> for ApiError {
            fn from(it: $rejection) -> Self {
                Self::new(it.status(), "invalid-request", it.body_text())
            }
        }
    )*};
}

rejections!(JsonRejection, PathRejection, QueryRejection);

impl From<Full> for ApiError {
    fn from(full: Full) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "busy", full.to_string())
    }
}

impl From<Wrong> for ApiError {
    fn from(wrong: Wrong) -> Self {
        let (status, code) = match wrong.kind {
            Kind::Refused => (StatusCode::UNPROCESSABLE_ENTITY, "refused"),
            Kind::Unreachable => (StatusCode::UNPROCESSABLE_ENTITY, "unreachable"),
            Kind::Full => (StatusCode::UNPROCESSABLE_ENTITY, "limit"),
            Kind::Exists => (StatusCode::CONFLICT, "exists"),
            Kind::InFile => (StatusCode::CONFLICT, "not-registered"),
            Kind::Missing => (StatusCode::NOT_FOUND, "not-found"),
            Kind::NoState => {
                tracing::error!(message = %wrong.message, "the state database");
                (StatusCode::SERVICE_UNAVAILABLE, "no-state")
            }
        };
        let mut error = Self::new(status, code, wrong.message);
        if !wrong.refusals.is_empty() {
            let fields = wrong.refusals.into_iter().map(|it| RefusedField {
                field: it.field,
                message: it.message,
            });
            let fields: Vec<RefusedField> = fields.collect();
            if let Some(body) = error
                .body
                .pointer_mut("/error")
                .and_then(Json_::as_object_mut)
            {
                body.insert("fields".to_owned(), json!(fields));
            }
        }
        error
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
                after: None,
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
                after: None,
            },
            Error::Absence(completeness, message) => Self {
                status: StatusCode::SERVICE_UNAVAILABLE,
                body: json!({ "error": {
                    "code": "incomplete",
                    "message": message,
                    "completeness": completeness,
                } }),
                after: None,
            },
            Error::Pushdown(difference) => Self {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                body: json!({ "error": {
                    "code": "pushdown-differs",
                    "message": difference.to_string(),
                    "difference": difference,
                } }),
                after: None,
            },
            Error::Overdue(_) => {
                Self::new(StatusCode::GATEWAY_TIMEOUT, "timeout", error.to_string())
            }
            Error::Cancelled => Self::new(StatusCode::CONFLICT, "cancelled", error.to_string()),
            Error::Config(message) => Self::invalid(message),
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
                HeaderValue::from(self.after.unwrap_or(limits::RETRY_AFTER_S)),
            );
        }
        response
    }
}
