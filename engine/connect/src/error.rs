//! The one error of this crate. Its texts name method and URL, and never a credential, a query or the
//! body of an answer.

use std::time::Duration;

/// What went wrong, in the terms of the plugin contract's `error-code`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The inventory, a kubeconfig or a file that it names is wrong.
    InvalidConfig,
    /// No credential could be had, or the remote does not know it.
    Unauthenticated,
    /// The operation was not approved, or is refused always.
    PermissionDenied,
    /// The request itself is malformed.
    InvalidQuery,
    /// This build cannot do it.
    Unsupported,
    /// The remote asks us to come back later.
    RateLimited,
    /// The remote could not be reached, or went away.
    Unavailable,
    /// No answer in time.
    Timeout,
    /// The remote's answer breaks a rule or a limit.
    Protocol,
    /// A bug of ours.
    Internal,
}

/// A request failed. Nothing secret is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// The class of the failure.
    pub kind: ErrorKind,
    /// Method, URL without credentials and query, and the cause in words.
    pub message: String,
    /// What the user can do about it.
    pub hint: Option<String>,
    /// The status, where a response had arrived.
    pub http_status: Option<u16>,
    /// When the remote asked us to come back.
    pub retry_after: Option<Duration>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error {
            kind,
            message: message.into(),
            hint: None,
            http_status: None,
            retry_after: None,
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Error {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn status(mut self, status: u16) -> Error {
        self.http_status = Some(status);
        self
    }
}

/// The error that stands for a request that a guest shaped wrongly.
pub(crate) fn malformed(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidQuery, message)
        .hint("this is a fault of the plugin: report it to its author")
}
