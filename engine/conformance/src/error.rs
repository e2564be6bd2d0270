//! Why the suite cannot run at all. What is wrong with a plugin is no error: it is in the [report](crate::Report).

use std::io;
use std::path::PathBuf;

/// The error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No server can listen.
    #[error("no port on loopback for the remote that the plugin is tested against: {0}")]
    Port(io::Error),
    /// A file of the project cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The project is not as it should be: what was expected, what came, what to do.
    #[error("{0}")]
    Project(String),
    /// A recording is not of the format.
    #[error("{0}")]
    Recording(#[from] trawl_sdk::recorded::FileError),
    /// The component is refused before any check: it is none, or imports what plugins do not get.
    #[error("{0}")]
    Refused(Box<trawl_host::Error>),
    /// The engine cannot be set up, or the connection is configured wrongly.
    #[error(transparent)]
    Engine(#[from] trawl_exec::Error),
}
