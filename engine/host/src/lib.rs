//! Component plugins to Arrow batches: it loads components, runs their instances under limits and
//! gives out validated rows. It refuses what is not in the contract, and believes nothing a guest says.
//!
//! - [`Host`] is made once a process, [`Host::load`] gives a [`Plugin`], [`Plugin::connect`] a [`Connection`].
//! - Every call runs in a fresh instance on threads of the host's own; a trap, a timeout or a
//!   cancellation throws the instance away.
//! - Every [`Error`] names plugin, version and connection.

mod ahead;
mod apart;
mod batch;
mod bindings;
mod bounded;
mod call;
mod clockwork;
mod compiled;
mod connection;
mod contract;
mod engine;
mod error;
mod host;
mod imports;
mod inspect;
mod instance;
mod json;
mod limits;
mod load;
mod memory;
mod payload;
mod plan;
mod scan;
mod schema;
mod stats;

pub use apart::{Compiler, compile_apart};
pub use connection::{Connection, ConnectionSpec, Plugin};
pub use error::{Error, code_name};
pub use host::{Host, HostOptions, PluginOptions};
pub use inspect::{Import, InspectError, Inspection, Verdict, inspect};
pub use limits::Limits;
pub use memory::QueryMemory;
pub use payload::decode_rows;
pub use plan::output_schema;
pub use scan::{ScanContext, ScanStream};
pub use schema::{
    DESCRIPTION_KEY, SchemaError, TYPE_JSON, TYPE_KEY, arrow_field, arrow_schema, is_json,
    wit_fields,
};
pub use stats::{Gap, LogLine, Progress, ScanStats};

/// The contract's types, as generated from `wit/source.wit`.
pub mod types {
    pub use crate::bindings::logging::Level;
    pub use crate::bindings::output::{Flow, Gap as GapKind};
    pub use crate::bindings::types::*;
}
