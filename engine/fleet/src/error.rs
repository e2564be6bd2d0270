//! The errors of this crate. They name the file, the line and the key, and never quote a value that
//! could be a secret.

use std::fmt;
use std::path::PathBuf;

/// A place in a YAML file, counted from 1 in characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: u64,
    /// The column.
    pub column: u64,
}

/// One thing that is wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it stands.
    pub at: Position,
    /// What was expected and what came.
    pub message: String,
    /// What to write instead, where that is known.
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(formatter, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// The inventory could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is neither a clusters.yaml nor a kubeconfig.
    #[error(
        "no clusters are configured: looked for {searched}\n  try it on the built-in fleet: trawl --demo query 'pods | take 10'\n  or list your clusters in config/clusters.yaml, or set KUBECONFIG"
    )]
    NotFound {
        /// The places, in words.
        searched: String,
    },
    /// A file cannot be read.
    #[error("{}: cannot be read: {reason}{}", path.display(), named_by.as_deref().map(|by| format!(" (named by {by})")).unwrap_or_default())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: String,
        /// The option or variable that names the file.
        named_by: Option<String>,
    },
    /// A file, or what is in it, is larger than its limit.
    #[error("{}: {what}; the limit is {limit}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What is too large, with its size.
        what: String,
        /// The limit, in the same unit.
        limit: usize,
    },
    /// The file was read, and these things are wrong in it.
    #[error("{}", render(path, problems))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// In the order of the file; never empty.
        problems: Vec<Problem>,
    },
    /// A variable names something that does not exist.
    #[error("{variable}: there is no cluster `{value}` in {origin}{}", hint.as_deref().map(|hint| format!(" ({hint})")).unwrap_or_default())]
    Variable {
        /// The variable, such as `DEFAULT_CLUSTER`.
        variable: &'static str,
        /// Its value.
        value: String,
        /// Where the clusters come from.
        origin: String,
        /// The nearest name.
        hint: Option<String>,
    },
}

/// One line for each problem, as compilers write them, so that editors can jump there.
fn render(path: &std::path::Path, problems: &[Problem]) -> String {
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| {
            let Position { line, column } = problem.at;
            format!("{}:{line}:{column}: {problem}", path.display())
        })
        .collect();
    lines.join("\n")
}
