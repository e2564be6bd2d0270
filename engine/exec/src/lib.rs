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
mod unique;

pub use answer::{Answer, AnswerColumn, Stats, Summary};
pub use completeness::{Completeness, Status, Target, TargetError};
pub use engine::{Engine, EngineOptions, TableListing, session};
pub use error::Error;
pub use request::{QueryRequest, Require};
pub use sources::{InstalledPlugin, bundled_plugins};
pub use trawl_plan::time_text::parse_timespan;
pub use trawl_plan::{BUG_CODE, Render, RenderKind};
