//! Saved queries: what stands in a `.trawl` file beside the query itself, and folders full of them.
//!
//! A file is a text of the language whose leading `///` lines document it; its path is its name: `nodes/not-ready.trawl` is
//! `nodes.not-ready`. This crate reads and names them. Whether a query can run is for the engine to say.

mod alert;
mod library;
pub mod limits;
mod query;

pub use alert::{Alert, Fires};
pub use library::{Library, Problem};
pub use query::{SavedParameter, SavedQuery};
