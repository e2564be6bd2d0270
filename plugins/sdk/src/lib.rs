//! Owns what the author of a trawl source plugin needs: tables as structs, filters that become parameters, HTTP with paging, a native
//! test harness, and below them the contract's bindings. It refuses to know any remote API and anything of the engine.
//!
//! A plugin is a WebAssembly component (`cargo build --release --target wasm32-wasip2`) that can ask the endpoints that it was
//! granted, and nothing else: it has no files, no sockets and no addresses. This is a whole one:
//!
//! ```
#![doc = include_str!("../examples/registry.rs")]
//! ```
//!
//! # How it comes together
//!
//! - [`table::Plugin`] is the state of a connection, with what the plugin says of itself and the list of its tables. Unknown tables,
//!   columns and arguments get their errors from the SDK.
//! - `#[derive(Table)]` ([`macro@table::Table`]) makes a struct the row of a table; [`table::Read`] says how rows are planned and read.
//!   A plan must not read rows. Its parts go through the host as JSON: the instance that reads one may be another.
//! - What a plan takes of the query's conditions it takes from [`filter::Pushdown`], which keeps the books of how exactly; a
//!   condition that nobody takes is checked by trawl. A limit goes down when all conditions are taken exactly.
//! - [`http`] asks the connection's endpoints. The host knows addresses, adds credentials, retries, and refuses what the tables did
//!   not declare in `calls`. [`http::Pages`] walks a listing ahead of the decoding; [`http::cached`] remembers for the connection.
//! - [`export_source!`] makes the component's exports, once, in the crate's root.
//!
//! A plugin that needs more (tables that only the remote knows, partial aggregates, orders) implements [`Source`] and [`Session`],
//! which [`table::Plugin`] is built on, and a table of several forms implements [`trait@table::Table`].
//!
//! # Tests
//!
//! The same code runs natively, on recorded HTTP in the format of [`recorded`]:
//!
//! ```
//! # use std::rc::Rc;
//! # use serde::Deserialize;
//! use trawl_sdk::testing::{Harness, Query};
//! # use trawl_sdk::{Error, Transport, http::get, table::{About, Ask, Endpoint, Planned, Plugin, Read, Rows, Table}};
//! # struct Hello(Rc<dyn Transport>);
//! # impl Plugin for Hello {
//! #     fn about() -> About {
//! #         About::new("hello", "0.1.0", "Greetings").endpoint(Endpoint::http("api", "The API"))
//! #     }
//! #     fn tables() -> Vec<&'static dyn Table<Self>> { vec![Greeting::table()] }
//! #     fn connect(_: &str, http: Rc<dyn Transport>) -> Result<Self, Error> { Ok(Self(http)) }
//! # }
//! # /// Greetings
//! # #[derive(Table, Deserialize)]
//! # #[table(name = "greetings", calls("GET /greetings"))]
//! # struct Greeting {
//! #     /// Its text
//! #     text: String,
//! # }
//! # impl Read<Hello> for Greeting {
//! #     type Part = ();
//! #     fn plan(_: &Hello, _: &mut Ask<'_>) -> Result<Planned<()>, Error> { Ok(Planned::one((), "GET /greetings")) }
//! #     fn read(at: &Hello, (): &(), rows: &mut Rows<'_>) -> Result<(), Error> {
//! #         let all: Vec<Greeting> = get("api", ["greetings"]).json(at.0.as_ref())?;
//! #         all.iter().try_for_each(|greeting| rows.put(greeting))
//! #     }
//! # }
//! let recorded = r#"
//! ####
//! GET /greetings
//!
//! HTTP/1.1 200 OK
//!
//! [{"text": "hello"}, {"text": "servus"}]
//! "#;
//! let harness = Harness::<Hello>::of_text(recorded, &serde_json::json!({}))?;
//! let ran = harness.run(&Query::of("greetings").limit(1))?;
//! assert_eq!(ran.text(), "{\"text\":\"hello\"}\n");
//! assert_eq!(ran.requests, ["GET /greetings"]);
//! # Ok::<(), Error>(())
//! ```
//!
//! Rows of a derived table whose field has no column's type do not compile, and the error points at the field:
//!
//! ```compile_fail,E0277
//! /// Things
//! #[derive(trawl_sdk::table::Table)]
//! struct Thing {
//!     /// How many
//!     count: u64,
//! }
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
