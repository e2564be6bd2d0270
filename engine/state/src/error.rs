//! The errors of this crate. None holds a secret, the database's password or a row.

use std::path::PathBuf;

/// The state could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// What names the database is no place of one.
    #[error(
        "the database's address is not valid: expected `sqlite:PATH`, `postgres://USER@HOST/NAME` or a path, got {got}"
    )]
    Address {
        /// What came, without what could be a password.
        got: String,
    },
    /// The file is no SQLite database, or a broken one.
    #[error(
        "{}: {why}; it was left as it is: move it away to begin anew, or put a copy back", path.display()
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A newer trawl wrote it.
    #[error(
        "{place}: the state was written by a newer trawl (version {found}, this one knows {known}); it was left as it is: run that trawl, or name another database"
    )]
    Newer {
        /// Where it is.
        place: String,
        /// Its version.
        found: i64,
        /// The newest that is known here.
        known: i64,
    },
    /// A file cannot be read or written.
    #[error("{}: {why}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The key file is none, or others may read it.
    #[error("the key file {}: {why}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, never what is in it.
        why: String,
    },
    /// A cluster of this name is registered.
    #[error("a cluster `{0}` is registered already")]
    Exists(String),
    /// There are as many as there may be.
    #[error("{0} clusters are registered, which is the limit: remove one first")]
    Full(i64),
    /// The database failed.
    #[error("the state database {place}: {why}")]
    Database {
        /// Where it is.
        place: String,
        /// The database's words.
        why: String,
    },
}
