//! Owns AWS's errors as both services give them: a status, a type and a message.

use http::{HeaderValue, StatusCode};
use serde_json::json;

use crate::serve::Reply;

/// Which service refuses; they name the same mistake differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// `monitoring`: metrics and alarms, JSON 1.0.
    Monitoring,
    /// `logs`: log groups and Logs Insights, JSON 1.1.
    Logs,
}

impl Service {
    /// The name in a signature's scope.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Service::Monitoring => "monitoring",
            Service::Logs => "logs",
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Service::Monitoring => "application/x-amz-json-1.0",
            Service::Logs => "application/x-amz-json-1.1",
        }
    }

    /// An answer in the service's protocol.
    pub(crate) fn reply(self, status: StatusCode, body: &serde_json::Value) -> Reply {
        let mut reply = Reply::new(status, self.content_type(), vec![body.to_string().into()]);
        reply.headers.remove(http::header::CACHE_CONTROL);
        reply
    }

    /// A parameter that is not what it must be.
    pub(crate) fn invalid(self, message: impl Into<String>) -> Refusal {
        let kind = match self {
            Service::Monitoring => "InvalidParameterValueException",
            Service::Logs => "InvalidParameterException",
        };
        Refusal::new(kind, message)
    }

    /// Parameters that are each right and do not go together.
    pub(crate) fn contradiction(self, message: impl Into<String>) -> Refusal {
        let kind = match self {
            Service::Monitoring => "InvalidParameterCombinationException",
            Service::Logs => "InvalidParameterException",
        };
        Refusal::new(kind, message)
    }

    /// A parameter that must be there.
    pub(crate) fn missing(self, name: &str) -> Refusal {
        match self {
            Service::Monitoring => Refusal::new(
                "MissingRequiredParameterException",
                format!("The parameter {name} is required."),
            ),
            Service::Logs => self.invalid(format!(
                "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
            )),
        }
    }

    /// A page token that the service did not give.
    pub(crate) fn stale_token(self) -> Refusal {
        match self {
            Service::Monitoring => {
                Refusal::new("InvalidNextToken", "The next token specified is invalid.")
            }
            Service::Logs => self.invalid("The specified nextToken is invalid."),
        }
    }
}

/// Why a request is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: StatusCode,
    kind: &'static str,
    message: String,
}

impl Refusal {
    /// A refusal with status 400, which is what nearly all of them have.
    pub(crate) fn new(kind: &'static str, message: impl Into<String>) -> Refusal {
        Refusal {
            status: StatusCode::BAD_REQUEST,
            kind,
            message: message.into(),
        }
    }

    /// A refusal with a status of its own.
    pub(crate) fn with_status(
        status: StatusCode,
        kind: &'static str,
        message: impl Into<String>,
    ) -> Refusal {
        Refusal {
            status,
            ..Refusal::new(kind, message)
        }
    }

    /// The log group that was named is not there.
    pub(crate) fn no_log_group() -> Refusal {
        Refusal::new(
            "ResourceNotFoundException",
            "The specified log group does not exist.",
        )
    }

    /// The answer that tells it. The header repeats the type, as AWS's front ends do.
    pub(crate) fn reply(&self, service: Service) -> Reply {
        let body = json!({"__type": self.kind, "message": self.message});
        let mut reply = service.reply(self.status, &body);
        reply
            .headers
            .insert("x-amzn-errortype", HeaderValue::from_static(self.kind));
        reply
    }
}
