//! Why a plugin cannot be installed, fetched or removed. Every message names the file or the address, and no credential.

use std::path::PathBuf;

use crate::digest::Digest;

/// The error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The lock file is not one, or says what cannot be.
    #[error("{} is not valid:\n  {}\nrestore it, or move it away and add the plugins again", path.display(), problems.join("\n  "))]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// All that is wrong with it.
        problems: Vec<String>,
    },
    /// The lock file was written by a newer trawl.
    #[error("{} has format {found}; this trawl reads format {known}: use a newer trawl, which reads both", path.display())]
    Newer {
        /// The lock file.
        path: PathBuf,
        /// Its format.
        found: u64,
        /// The newest that is read here.
        known: u64,
    },
    /// What was to be written would be more than a lock file can hold.
    #[error(
        "{} would have {found} bytes, and may have {limit}: the plugin declares too much; ask its author for patterns such as `GET /api/{{x...}}`, or remove other plugins",
        path.display()
    )]
    Full {
        /// The lock file.
        path: PathBuf,
        /// The bytes it would have.
        found: usize,
        /// The bytes it may have.
        limit: u64,
    },
    /// What was to be written could not be read again.
    #[error("the plugin cannot be installed:\n  {}\nthis is a defect of the plugin: report it to its author", problems.join("\n  "))]
    Unwritable {
        /// All that is wrong with it.
        problems: Vec<String>,
    },
    /// The operating system refused something.
    #[error("{what} {}: {source}", path.display())]
    Io {
        /// What was done: `cannot write`.
        what: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Another process changes the folder and does not end.
    #[error("{} is being changed by another trawl for more than {seconds} s; try again when it is done", path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
        /// How long it was waited for.
        seconds: u64,
    },
    /// A name that no plugin can have.
    #[error("{0}")]
    Name(String),
    /// Nothing is installed under this name.
    #[error("no plugin `{name}` is installed in {}; {}", path.display(), listed(installed))]
    NotInstalled {
        /// The name.
        name: String,
        /// The folder.
        path: PathBuf,
        /// What is installed there.
        installed: Vec<String>,
    },
    /// A source that is none.
    #[error("{0}")]
    Source(String),
    /// Nothing, or not what was asked for, came from a source.
    #[error("{0}")]
    Fetch(String),
    /// What came is not what was asked for.
    #[error(
        "{what} has the digest {found}, expected {expected}: it is not the one that was meant, and nothing was installed"
    )]
    Digest {
        /// The file, address or part of a registry.
        what: String,
        /// What was asked for.
        expected: Digest,
        /// What came.
        found: Digest,
    },
}

impl Error {
    pub(crate) fn io(
        what: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::Io { what, path, source }
    }
}

fn listed(installed: &[String]) -> String {
    if installed.is_empty() {
        "nothing is installed there".to_owned()
    } else {
        format!("installed there: {}", installed.join(", "))
    }
}
