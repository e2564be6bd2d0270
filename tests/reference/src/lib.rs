//! The language once more, as naively as it can be written: what the engine's rows are compared with, and random queries to
//! compare them on. Written from the specification alone; it shares nothing with the planner, so that it cannot share a mistake.

mod compare;
mod convert;
mod coverage;
mod error;
mod eval;
mod functions;
pub mod generate;
mod table;
mod ty;
mod value;

pub use compare::difference;
pub use convert::document::cast as cast_document;
pub use convert::text::json as to_json;
pub use coverage::{OPERATORS, uses};
pub use error::{Error, Result};
pub use eval::evaluate;
pub use table::{Column, Relation, Row, Table, Tables, virtual_columns};
pub use ty::Ty;
pub use value::{QUANTITY_UNIT, Value, same};

/// The names of all functions.
pub fn function_names() -> impl Iterator<Item = &'static str> {
    functions::ALL.iter().map(|(name, _)| *name)
}
