//! Owns what the author of a trawl source plugin needs: the contract's bindings, a trait to implement, columns, JSON
//! extraction, filters and HTTP. It refuses to know any remote API and anything of the engine.
//!
//! A plugin implements [`Source`] and [`Session`], then calls [`export_source!`] once. The logic compiles natively as well,
//! where [`testing`] stands in for the host:
//!
//! ```
//! use trawl_sdk::{Error, Output, Session, Source, Transport, types};
//! # use std::rc::Rc;
//! struct Hello;
//! impl Source for Hello {
//!     type Session = Hello;
//!     fn describe() -> types::Description {
//!         types::Description { name: "hello".into(), version: "0.1.0".into(), description: None, config_schema: "{}".into(), cluster_key: None, endpoints: vec![], metadata: vec![] }
//!     }
//!     fn open(_config: &str, _http: Rc<dyn Transport>) -> Result<Self, Error> { Ok(Hello) }
//! }
//! impl Session for Hello {
//!     fn tables(&self, _: Option<&str>, _: Option<&str>) -> Result<types::TablePage, Error> {
//!         Ok(types::TablePage { tables: vec![], next_cursor: None })
//!     }
//!     fn table_schema(&self, path: &[String], _: &[types::Argument]) -> Result<types::TableDetail, Error> {
//!         Err(Error::not_found(format!("expected one of no tables, got `{}`", path.join("."))))
//!     }
//!     fn plan(&self, _: &types::ScanRequest) -> Result<types::ScanPlan, Error> { Err(Error::unsupported("no tables")) }
//!     fn scan(&self, _: &str, _: &dyn Output) -> Result<(), Error> { Ok(()) }
//! }
//! trawl_sdk::export_source!(Hello);
//! ```

pub mod bindings;
pub mod columns;
pub mod component;
mod error;
pub mod filter;
pub mod http;
pub mod json;
pub mod log;
pub mod plan;
#[cfg(not(target_arch = "wasm32"))]
pub mod recorded;
pub mod records;
pub mod schema;
mod source;
pub mod table;
pub mod template;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
mod timestamp;
pub mod types;

// The code that `#[derive(Table)]` writes says `::trawl_sdk`, also in this crate's own tests.
extern crate self as trawl_sdk;

pub use error::code_of_status;
pub use http::{Exchange, Transport};
pub use source::{Output, Session, Source};
pub use timestamp::Timestamp;
pub use types::Error;
