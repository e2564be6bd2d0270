//! Rows as bytes: JSON, NDJSON, CSV and text cells, by the language's types rather than Arrow's.

mod csv;
mod document;
mod json;

pub use csv::{csv_header, csv_rows};
pub use document::{json_head, json_tail, ndjson_tail};
pub use json::{cell, row_object, rows_json};
