//! Plan meets host: catalogue, fan-out, completeness, stats.
//!
//! [`Engine::query`] takes a text and gives an [`Answer`]: rows as they come, then how complete they are. Knows DataFusion's
//! runtime and the plugin host; knows no HTTP server and no terminal.

mod answer;
mod arguments;
mod catalog;
mod completeness;
mod context;
pub mod encode;
mod engine;
mod error;
mod fleet;
pub mod limits;
mod prepare;
mod pushdown;
mod request;
mod scan;
mod schema;
mod sources;
mod table;

pub use answer::{Answer, AnswerColumn, Stats, Summary};
pub use completeness::{Completeness, Status, Target, TargetError};
pub use engine::{Engine, EngineOptions, TableListing};
pub use error::Error;
pub use request::{QueryRequest, Require};
pub use trawl_plan::time_text::parse_timespan;

/// The names of the plugins that ship with this binary; inventories may name connections after them.
pub fn installed_plugins() -> impl Iterator<Item = &'static str> {
    trawl_bundle::plugins().iter().map(|plugin| plugin.name)
}
