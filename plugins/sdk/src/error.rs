//! Owns the constructors of the contract's error; refuses new kinds of failure.

use crate::types::{Error, ErrorCode};

impl Error {
    /// A failure of kind `code`; `message` says what was expected, what came and where.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: None,
            http_status: None,
            retry_after_ms: None,
        }
    }

    /// The connection's configuration is wrong.
    pub fn invalid_config(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidConfig, message)
    }

    /// The query asks for something that cannot be meant.
    pub fn invalid_query(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidQuery, message)
    }

    /// The query asks for something that this plugin does not do.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Unsupported, message)
    }

    /// A table or object that does not exist.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::NotFound, message)
    }

    /// The remote answered something that its API does not allow.
    pub fn protocol(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Protocol, message)
    }

    /// A mistake of this plugin or of the host.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Internal, message)
    }

    /// Adds what the user can do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the status of the answer that caused it.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.http_status = Some(status);
        self
    }

    /// Adds how long the remote asked to wait, in milliseconds.
    #[must_use]
    pub fn with_retry_after(mut self, milliseconds: Option<u64>) -> Self {
        self.retry_after_ms = milliseconds;
        self
    }
}

/// The kind of failure that an HTTP status means when the API says nothing closer.
///
/// 408 and 504 are timeouts, 429 is rate limiting, other 5xx are outages; what is left is an answer nobody expected.
pub fn code_of_status(status: u16) -> ErrorCode {
    match status {
        400 | 422 => ErrorCode::InvalidQuery,
        401 => ErrorCode::Unauthenticated,
        403 => ErrorCode::PermissionDenied,
        404 => ErrorCode::NotFound,
        408 | 504 => ErrorCode::Timeout,
        410 => ErrorCode::Expired,
        429 => ErrorCode::RateLimited,
        500..=599 => ErrorCode::Unavailable,
        _ => ErrorCode::Protocol,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_map_to_kinds() {
        for (status, code) in [
            (400, ErrorCode::InvalidQuery),
            (401, ErrorCode::Unauthenticated),
            (403, ErrorCode::PermissionDenied),
            (404, ErrorCode::NotFound),
            (406, ErrorCode::Protocol),
            (410, ErrorCode::Expired),
            (429, ErrorCode::RateLimited),
            (500, ErrorCode::Unavailable),
            (503, ErrorCode::Unavailable),
            (504, ErrorCode::Timeout),
        ] {
            assert_eq!(code_of_status(status), code, "{status}");
        }
    }

    #[test]
    fn details_are_kept() {
        let error = Error::protocol("x")
            .with_hint("y")
            .with_status(500)
            .with_retry_after(Some(7));
        assert_eq!(error.hint.as_deref(), Some("y"));
        assert_eq!(error.http_status, Some(500));
        assert_eq!(error.retry_after_ms, Some(7));
    }
}
