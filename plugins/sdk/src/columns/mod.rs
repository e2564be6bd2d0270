//! Owns the building of batches in the contract's buffer layout; refuses to know where values come from.
//!
//! A [`BatchBuilder`] holds one [`ColumnBuilder`] per output field. Values are appended row by row; a value that does not fit
//! the column's type becomes null, which is what the language says of failing casts.

mod batch;
mod builder;
mod cast;
mod decimal;
mod decode;
mod finish;
mod leaf;
mod temporal;
mod validity;

pub use batch::{BatchBuilder, MAX_BATCH_BYTES, MAX_BATCH_ROWS};
pub use builder::{ColumnBuilder, MAX_TYPE_DEPTH};
pub use cast::Scalar;
pub use decimal::parse_quantity;
pub use temporal::{format_rfc3339, format_rfc3339_seconds, parse_duration_ns, parse_rfc3339_ns};
