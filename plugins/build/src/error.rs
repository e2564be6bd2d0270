//! What can go wrong while a guest is built. Every message says what to do.

use std::path::PathBuf;

/// Why a component could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The standard library for wasm is not there.
    #[error(
        "the compiler target wasm32-wasip2 is not installed; run `rustup target add wasm32-wasip2` (in this folder, so that it goes to the pinned toolchain)"
    )]
    TargetMissing,
    /// A program could not be started.
    #[error("cannot start `{program}`: {source}; is Rust installed and on the PATH?")]
    Spawn {
        /// The program's name.
        program: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The workspace could not be read.
    #[error("cannot read the workspace above {}: {reason}", folder.display())]
    Workspace {
        /// Where the search began.
        folder: PathBuf,
        /// What cargo or the parser said.
        reason: String,
    },
    /// No workspace member has this name.
    #[error("the workspace has no package `{package}`; it has {}", members.join(", "))]
    UnknownPackage {
        /// The name that was asked for.
        package: String,
        /// All members.
        members: Vec<String>,
    },
    /// The package does not compile.
    #[error("building `{package}` for wasm32-wasip2 failed:\n{output}")]
    Build {
        /// The package.
        package: String,
        /// The end of the compiler's output.
        output: String,
    },
    /// It compiled, but gave no `.wasm`.
    #[error(
        "building `{package}` gave no component; its Cargo.toml needs `[lib] crate-type = [\"cdylib\"]`"
    )]
    NoComponent {
        /// The package.
        package: String,
    },
}
