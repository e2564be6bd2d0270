//! Owns the crate's closed error type: what can keep a fleet from starting. Answers to requests are never
//! errors here, they are HTTP replies.

use std::path::PathBuf;

/// Why a fleet or a recorded API could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An option is out of its range, or names what does not exist.
    #[error("demo fleet: {option} is {value}, expected {expected}")]
    Option {
        /// The field of [`FleetOptions`](crate::FleetOptions).
        option: &'static str,
        /// What was given.
        value: String,
        /// What would have been accepted.
        expected: String,
    },
    /// A loopback port could not be opened.
    #[error(
        "demo fleet: no loopback port could be opened for {what}: {source}; check the limit on open files"
    )]
    Listen {
        /// The cluster and API the port was meant for.
        what: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file of the fleet's private folder could not be written.
    #[error(
        "demo fleet: {path} could not be written: {source}; check the folder that TMPDIR names"
    )]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A certificate could not be made or was not accepted by the TLS library.
    #[error("demo fleet: the certificate for {what} could not be made: {message}")]
    Certificate {
        /// Whose certificate.
        what: String,
        /// The library's reason.
        message: String,
    },
    /// A generated object could not be encoded, or a recorded body is not what it claims to be.
    #[error("demo fleet: {what} is not usable JSON: {message}")]
    Body {
        /// Which object or recording.
        what: String,
        /// The reason.
        message: String,
    },
    /// The task that generates a cluster ended before it was done.
    #[error("demo fleet: generating cluster {cluster} was interrupted: {message}")]
    Interrupted {
        /// The cluster.
        cluster: String,
        /// The runtime's reason.
        message: String,
    },
}
