//! Why a part of a request is refused: its field, what was expected, what to do. No value is quoted.

use std::fmt;

use crate::check::printable;
use crate::error::Problem;

/// One part of a request that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Where it stands, such as `kubeconfig.users[admin].exec`.
    pub field: String,
    /// What was expected and what came.
    pub message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.field, self.message)
    }
}

impl Refusal {
    pub(crate) fn new(field: impl Into<String>, message: impl Into<String>) -> Refusal {
        Refusal {
            field: field.into(),
            message: message.into(),
        }
    }

    /// A problem that the reader of a clusters.yaml found, which stands at no line here.
    pub(crate) fn of(field: &str, problem: Problem) -> Refusal {
        Refusal::new(field, problem.to_string())
    }
}

/// A field within another one; keys of others are shortened and without control characters.
pub(crate) fn below(field: &str, key: &str) -> String {
    format!("{field}.{}", printable(key))
}
