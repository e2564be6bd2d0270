//! Rows as a guest hands them over, in whichever form, to a validated Arrow batch.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use crate::bindings::types::{Error, Payload};
use crate::{batch, json};

/// Decodes rows of `schema`, which comes from [`crate::arrow_schema`].
///
/// # Errors
/// Which column of which row is not as the contract wants it.
pub fn decode_rows(schema: &SchemaRef, rows: Payload) -> Result<RecordBatch, Error> {
    match rows {
        Payload::Columns(batch) => batch::decode(schema, batch),
        Payload::JsonLines(bytes) => json::decode(schema, &bytes),
        Payload::JsonText(text) => json::decode(schema, text.as_bytes()),
    }
}
