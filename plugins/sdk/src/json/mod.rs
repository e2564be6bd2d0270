//! Owns the way from JSON objects to columns: only requested paths are decoded, the rest is skipped. Refuses lists' envelopes.

mod extract;
mod key;
mod navigate;
mod part;

pub use extract::{Capture, Extractor, Node, ObjectSeed};
pub(crate) use key::KeyAmong;
pub use navigate::{append_path, select};
