//! The error of this crate: always with plugin and version, and with the connection where there is one.

use std::fmt;
use std::time::Duration;

use crate::bindings::types::{self, ErrorCode};
use crate::limits;

/// A plugin failed, or was refused or stopped.
#[derive(Debug, Clone, PartialEq)]
pub struct Error {
    /// The name the plugin is installed under.
    pub plugin: String,
    /// Its version, by its own description; `unknown` until that could be read.
    pub version: String,
    /// The connection, where one was involved.
    pub connection: Option<String>,
    /// What kind of failure it is.
    pub code: ErrorCode,
    /// What was expected and what came. Without credentials.
    pub message: String,
    /// What the user can do about it.
    pub hint: Option<String>,
    /// Status of the remote answer that caused it.
    pub http_status: Option<u16>,
    /// How long the remote asked to wait.
    pub retry_after: Option<Duration>,
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "plugin {} {}", self.plugin, self.version)?;
        if let Some(connection) = &self.connection {
            write!(out, ", connection {connection}")?;
        }
        write!(out, ": {}: {}", code_name(self.code), self.message)
    }
}

impl std::error::Error for Error {}

/// The name of a code as the contract spells it: `permission-denied`.
#[must_use]
pub fn code_name(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::InvalidConfig => "invalid-config",
        ErrorCode::Unauthenticated => "unauthenticated",
        ErrorCode::PermissionDenied => "permission-denied",
        ErrorCode::NotFound => "not-found",
        ErrorCode::InvalidQuery => "invalid-query",
        ErrorCode::Unsupported => "unsupported",
        ErrorCode::RateLimited => "rate-limited",
        ErrorCode::Unavailable => "unavailable",
        ErrorCode::Timeout => "timeout",
        ErrorCode::Cancelled => "cancelled",
        ErrorCode::Protocol => "protocol",
        ErrorCode::Expired => "expired",
        ErrorCode::Internal => "internal",
    }
}

/// Who is speaking, in errors and log lines.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) plugin: String,
    pub(crate) version: String,
    pub(crate) connection: Option<String>,
}

impl Identity {
    /// A plugin whose description has not been read yet.
    pub(crate) fn unread(plugin: &str) -> Self {
        Self {
            plugin: cut(plugin.to_owned()),
            version: "unknown".to_owned(),
            connection: None,
        }
    }

    /// The setting that moves one of its limits.
    pub(crate) fn setting(&self, key: &str) -> String {
        format!("plugins.{}.limits.{key}", self.plugin)
    }

    /// An error of this plugin.
    pub(crate) fn error(&self, failure: Failure) -> Error {
        Error {
            plugin: self.plugin.clone(),
            version: self.version.clone(),
            connection: self.connection.clone(),
            code: failure.code,
            message: plain(failure.message),
            hint: failure.hint.map(plain),
            http_status: failure.http_status,
            retry_after: failure.retry_after_ms.map(Duration::from_millis),
        }
    }
}

/// A failure before it is known whose it is: the contract's own error record.
pub(crate) type Failure = types::Error;

/// A failure without status or hint.
pub(crate) fn failure(code: ErrorCode, message: impl Into<String>) -> Failure {
    Failure {
        code,
        message: message.into(),
        hint: None,
        http_status: None,
        retry_after_ms: None,
    }
}

/// A failure with a hint.
pub(crate) fn failure_with(
    code: ErrorCode,
    message: impl Into<String>,
    hint: impl Into<String>,
) -> Failure {
    Failure {
        hint: Some(hint.into()),
        ..failure(code, message)
    }
}

/// A failure the plugin's author has to repair.
pub(crate) fn defect(message: impl Into<String>) -> Failure {
    failure_with(
        ErrorCode::Internal,
        message,
        "this is a defect of the plugin: report it to its author, or install another version",
    )
}

/// Why the host ended a guest, carried through wasmtime as the trap's cause.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", .0.message)]
pub(crate) struct Stopped(pub(crate) Failure);

/// Ends the calling guest with this failure.
pub(crate) fn stop<T>(failure: Failure) -> wasmtime::Result<T> {
    Err(wasmtime::Error::from(Stopped(failure)))
}

/// Cuts a text that came from a guest to what a message may hold.
pub(crate) fn cut(mut text: String) -> String {
    if text.len() > limits::MESSAGE_BYTES {
        let mut end = limits::MESSAGE_BYTES;
        while !text.is_char_boundary(end) {
            end = end.saturating_sub(1);
        }
        text.truncate(end);
        text.push('…');
    }
    text
}

/// A text of a stranger for a terminal: cut, and without control characters.
pub(crate) fn plain(text: String) -> String {
    cut(text)
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_plugin_version_and_connection() {
        let mut identity = Identity::unread("kube");
        let error = identity.error(failure(ErrorCode::Timeout, "no answer"));
        assert_eq!(error.to_string(), "plugin kube unknown: timeout: no answer");
        identity.version = "0.1.0".into();
        identity.connection = Some("prod-ap/kube".into());
        let error = identity.error(failure(ErrorCode::PermissionDenied, "no"));
        assert_eq!(
            error.to_string(),
            "plugin kube 0.1.0, connection prod-ap/kube: permission-denied: no"
        );
    }

    #[test]
    fn an_error_holds_nothing_that_a_terminal_would_obey() {
        let error = Identity::unread("kube").error(failure_with(
            ErrorCode::Internal,
            "a\u{1b}[2Jb\nc",
            "d\re\u{9b}f",
        ));
        assert_eq!(error.message, "a [2Jb c");
        assert_eq!(error.hint.as_deref(), Some("d e f"));
    }

    #[test]
    fn a_long_message_is_cut_at_a_character() {
        let text = cut("ü".repeat(limits::MESSAGE_BYTES));
        assert!(text.len() <= limits::MESSAGE_BYTES + '…'.len_utf8());
        assert!(text.ends_with("ü…"));
        assert_eq!(cut("short".into()), "short");
    }
}
