//! Installed plugins: the folder where their components lie, the lock file that says which of them may load, and how a
//! component is fetched from a file, an address or an OCI registry.
//!
//! A component is known by its digest alone; whatever comes with another one is refused. What a component says and asks for is
//! read elsewhere (the host), and what it is granted is decided elsewhere (exec): here it is kept and compared.

mod atomic;
mod digest;
mod error;
mod fetch;
mod folder;
mod limits;
mod lock;
mod oci;
mod plain;
mod release;
mod source;

pub use digest::Digest;
pub use error::Error;
pub use fetch::{Fetched, fetch};
pub use folder::{Added, Candidate, Folder};
pub use lock::{Entry, Lock, check_name};
pub use release::{Endpoint, Endpoints, Release, Wider, wider};
pub use source::{Source, is_same_place};
