//! Why a query has no answer at all. A target that fails is not here: it is part of the answer.

use trawl_lang::Diagnostic;

use crate::completeness::Completeness;
use crate::memory::TAKEN;
use crate::verify::Difference;

/// The error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text or its parameters are wrong and nothing was contacted, or the rows show that the query asks for what is not so:
    /// keys of a `lookup` that are there twice.
    #[error("{}", summary(.0))]
    Query(Vec<Diagnostic>),
    /// `require` asked for more targets than answered.
    #[error("{} of {} targets answered, {} required", .0.answered, .0.asked, .1)]
    Incomplete(Box<Completeness>, String),
    /// With `verify_pushdown`: the rows differ when nothing is left to the sources.
    #[error("{0}")]
    Pushdown(Box<Difference>),
    /// Absence is the result, and nobody knows whether what is absent is there: a side of the query is incomplete.
    #[error("{1}")]
    Absence(Box<Completeness>, String),
    /// The query's time was over before it was planned.
    #[error("{0}; give it more time, or narrow it")]
    Overdue(String),
    /// Somebody ended the query before it was planned.
    #[error("the query was cancelled before it had rows")]
    Cancelled,
    /// The query exceeded a limit of its own.
    #[error("{0}")]
    Limit(String),
    /// The inventory or a request option is wrong.
    #[error("{0}")]
    Config(String),
    /// A bug of ours or a plugin that cannot be loaded.
    #[error("{0}")]
    Internal(String),
}

fn summary(diagnostics: &[Diagnostic]) -> String {
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.message.as_str())
        .collect::<Vec<_>>()
        .join("; ")
}

/// A mistake of a query that only its rows show, on its way through the relational engine.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.message)]
pub struct QueryFault(pub Diagnostic);

impl From<Box<Diagnostic>> for Error {
    fn from(diagnostic: Box<Diagnostic>) -> Self {
        Self::Query(vec![*diagnostic])
    }
}

impl From<datafusion::error::DataFusionError> for Error {
    fn from(error: datafusion::error::DataFusionError) -> Self {
        use datafusion::error::DataFusionError as E;
        match error.find_root() {
            E::ResourcesExhausted(message) if message.contains(TAKEN) => Self::Limit(format!(
                "{message}; try again later, narrow the query with `where` or `project`, or raise `--memory`"
            )),
            E::ResourcesExhausted(message) => Self::Limit(format!(
                "the query needs more memory than it may have ({} MiB): {message}; narrow it with `where` or `project`",
                crate::limits::QUERY_MEMORY_BYTES >> 20
            )),
            E::External(external) if let Some(QueryFault(fault)) = external.downcast_ref() => {
                Self::Query(vec![fault.clone()])
            }
            other => Self::Internal(other.strip_backtrace()),
        }
    }
}
