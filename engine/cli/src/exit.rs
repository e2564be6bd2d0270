//! Exit codes, mapped once: what happened to what the shell sees.

use std::path::Path;
use std::process::ExitCode;

use trawl_exec::{Completeness, Error};
use trawl_lang::{Diagnostic, Style};

use crate::output;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// 0: all that was asked for.
    Complete,
    /// 1: the query or its parameters are wrong, or a plugin is refused.
    WrongQuery,
    /// 2: usage or configuration.
    Usage,
    /// 3: rows were printed, some target did not answer.
    Partial,
    /// 4: no target answered, or `--require` was not met.
    Unanswered,
    /// 5: a bug of ours.
    Internal,
    /// 130: ended by a signal, as shells count it.
    Interrupted,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        ExitCode::from(match outcome {
            Outcome::Complete => 0,
            Outcome::WrongQuery => 1,
            Outcome::Usage => 2,
            Outcome::Partial => 3,
            Outcome::Unanswered => 4,
            Outcome::Internal => 5,
            Outcome::Interrupted => 130,
        })
    }
}

impl Outcome {
    /// How complete an answer was.
    pub fn of(completeness: &Completeness) -> Self {
        if completeness.complete {
            return Self::Complete;
        }
        let has_rows = completeness.targets.iter().any(|target| target.rows > 0);
        if completeness.answered > 0 || has_rows || completeness.timed_out {
            return Self::Partial;
        }
        // When every source says that the embedded query is wrong, the query is wrong.
        let wrong = |target: &trawl_exec::Target| {
            target
                .error
                .as_ref()
                .is_some_and(|e| e.code == "invalid-query")
        };
        if completeness.targets.iter().all(wrong) {
            Self::WrongQuery
        } else {
            Self::Unanswered
        }
    }
}

/// A query text and what messages call it.
#[derive(Debug, Clone, Default)]
pub struct QueryText {
    /// `query`, or the file's name.
    pub name: String,
    /// The text.
    pub text: String,
}

/// Why a command has nothing to give.
#[derive(Debug)]
pub enum Failure {
    /// The engine's error, with the text that it is about.
    Query(Error, QueryText),
    /// Usage or configuration: a message.
    Usage(String),
    /// A plugin that does not build, or would not be loaded: why.
    Refused(String),
    /// Something that should not happen.
    Internal(anyhow::Error),
    /// The reader of our output went away: nothing to say.
    BrokenPipe,
}

impl Failure {
    /// What the operating system refused, with the file that it was about.
    pub fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |error| Self::Usage(format!("{}: {error}", path.display()))
    }

    /// It in words, for where it is one of several things to tell.
    pub fn message(&self) -> String {
        match self {
            Self::BrokenPipe => String::new(),
            Self::Usage(message) | Self::Refused(message) => message.clone(),
            Self::Internal(error) => format!("{error:#}"),
            Self::Query(error, _) => error.to_string(),
        }
    }

    /// Says it on stderr.
    pub fn tell(self, style: Style) -> Outcome {
        match self {
            Self::BrokenPipe => Outcome::Complete,
            Self::Usage(message) => {
                output::words(&format!("error: {message}"));
                Outcome::Usage
            }
            Self::Refused(message) => {
                output::words(&format!("error: {message}"));
                Outcome::WrongQuery
            }
            Self::Internal(error) => {
                output::words(&format!("error: {error:#}"));
                Outcome::Internal
            }
            Self::Query(error, text) => tell_query(&error, &text, style),
        }
    }
}

fn tell_query(error: &Error, text: &QueryText, style: Style) -> Outcome {
    match error {
        Error::Query(diagnostics) => {
            output::diagnostics(diagnostics, text, style);
            // What our own checks let through and the planner then refused is not the user's mistake.
            let ours = diagnostics
                .iter()
                .any(|diagnostic| diagnostic.code == trawl_exec::BUG_CODE);
            if ours {
                Outcome::Internal
            } else {
                Outcome::WrongQuery
            }
        }
        Error::Incomplete(completeness, required) => {
            output::words(&completeness.line());
            output::words(&format!(
                "error: `--require {required}` is not met, so no rows are given"
            ));
            Outcome::Unanswered
        }
        Error::Absence(completeness, message) => {
            output::words(&completeness.line());
            output::words(&format!("error: {message}"));
            Outcome::Unanswered
        }
        Error::Pushdown(difference) => {
            output::words(&format!("error: {difference}"));
            Outcome::WrongQuery
        }
        Error::Cancelled | Error::Overdue(_) => {
            output::words(&format!("error: {error}"));
            Outcome::Unanswered
        }
        Error::Config(message) => {
            output::words(&format!("error: {message}"));
            Outcome::Usage
        }
        Error::Limit(message) => {
            output::words(&format!("error: {message}"));
            Outcome::WrongQuery
        }
        Error::Internal(message) => {
            output::words(&format!("error: {message}"));
            Outcome::Internal
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::BrokenPipe,
            _ => Self::Internal(error.into()),
        }
    }
}

/// Warnings of an answer that have a place in the text.
pub fn warnings(diagnostics: &[Diagnostic], text: &QueryText, style: Style) {
    if !diagnostics.is_empty() {
        output::diagnostics(diagnostics, text, style);
    }
}
