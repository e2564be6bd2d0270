//! What an evaluation ends with when it has no rows.

use std::fmt;

/// Why a query has no result here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The text is not a valid query; from the generator that is a fault of the generator.
    Invalid(String),
    /// The query must fail when it runs: a `lookup` whose right side has a key twice.
    Fails(String),
    /// The language leaves the result open in a way that a comparison cannot follow (an operator above an unordered `take`).
    Open(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(message) => write!(f, "invalid: {message}"),
            Self::Fails(message) => write!(f, "fails: {message}"),
            Self::Open(message) => write!(f, "left open: {message}"),
        }
    }
}

impl std::error::Error for Error {}

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// [`Error::Invalid`] with a message.
pub fn invalid<T>(message: impl Into<String>) -> Result<T> {
    Err(Error::Invalid(message.into()))
}
