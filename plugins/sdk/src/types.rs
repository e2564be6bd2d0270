//! Owns the names under which the contract's records are seen; refuses types of its own.

pub use crate::bindings::trawl::source::http::{Request, ResponseHead};
pub use crate::bindings::trawl::source::logging::Level;
pub use crate::bindings::trawl::source::output::{Flow, Gap, ProgressReport};
pub use crate::bindings::trawl::source::types::*;
