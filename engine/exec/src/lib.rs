//! Plan meets host: catalogue, fan-out, completeness, stats.
//!
//! [`Engine::query`] takes a text and gives an [`Answer`]: rows as they come, then how complete they are. Knows DataFusion's
//! runtime and the plugin host; knows no HTTP server and no terminal.

mod answer;
mod arguments;
mod attach;
mod budget;
mod cache;
mod catalog;
mod check;
pub mod codes;
mod completeness;
mod config;
mod context;
mod declared;
mod describe;
mod discover;
pub mod encode;
mod engine;
mod error;
mod examine;
mod explain;
mod fetch;
mod fleet;
mod format;
mod granted;
mod id;
mod installed;
pub mod limits;
mod links;
mod listing;
mod loaded;
mod memory;
mod namespaces;
mod partial;
mod per_row;
mod placement;
mod prepare;
mod progress;
mod pushdown;
mod record;
mod replace;
mod request;
mod scan;
mod schema;
mod scope;
mod scoped;
mod serving;
mod session;
mod shapes;
mod shared;
mod sides;
mod sources;
mod spool;
mod standing;
mod table;
mod unique;
mod unite;
mod verify;

pub use answer::{Answer, AnswerColumn, Stats, Summary};
pub use budget::{Cost, CostUnit};
pub use check::{Check, Parameter};
pub use completeness::{Completeness, End, Status, Target, TargetError};
pub use config::check_config_schema;
pub use context::Pushdown;
pub use declared::{DeclaredArgument, DeclaredColumn, DeclaredTable, declared_tables};
pub use describe::{DescribedArgument, DescribedColumn, Description, Silent};
pub use encode::{Encoder, Encoding};
pub use engine::{Engine, EngineOptions};
pub use error::Error;
pub use examine::{DeclaredEndpoint, Examined};
pub use explain::{
    ArgumentExplanation, AskExplanation, ClustersExplanation, ColumnExplanation, Explanation,
    FilterExplanation, GroupsExplanation, LeftOut, LimitExplanation, ScanExplanation, Taken, Told,
};
pub use format::format;
pub use granted::{MissingGrant, approval, limits_of};
pub use id::QueryId;
pub use installed::{InstalledPlugin, bundled_plugins, is_bundled_component};
pub use limits::STACK_BYTES;
pub use listing::{TableListing, Unlisted};
pub use progress::{Monitor, Open, Progress, State as ProgressState};
pub use replace::{Instead, Refused, Replaced};
pub use request::{QueryRequest, Require};
pub use scope::Scope;
pub use serving::{Held, Why};
pub use session::session;
pub use shapes::{Diagnostic as DiagnosticShape, Render as RenderShape};
pub use standing::{PluginLimits, Standing, StandingGrant};
pub use trawl_fleet::{DOLLARS_FORM, micro_usd};
pub use trawl_host::{Compiler, Import, Inspection, Verdict, compile_apart, inspect};
pub use trawl_plan::time_text::{format_datetime, parse_timespan};
pub use trawl_plan::{BUG_CODE, Render, RenderKind};
pub use unite::Drift;
pub use verify::Difference;
