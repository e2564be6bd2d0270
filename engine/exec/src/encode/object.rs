//! An answer as one JSON document: the result contract, in the one place from which every door takes it.

use arrow::array::RecordBatch;
use serde::Serialize;

use super::Encoder;
use super::json::rows_json;
use crate::answer::{AnswerColumn, Summary};
use crate::error::Error;

/// A document under way.
pub(super) struct Document {
    columns: Vec<AnswerColumn>,
    /// Whether no row was written yet.
    first: bool,
}

impl Document {
    pub(super) fn new(columns: Vec<AnswerColumn>) -> Self {
        Self {
            columns,
            first: true,
        }
    }
}

impl Encoder for Document {
    fn head(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        out.extend_from_slice(b"{\"columns\":");
        json(&self.columns, out);
        out.extend_from_slice(b",\n\"rows\":[\n");
        Ok(())
    }

    fn rows(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), Error> {
        rows_json(batch, &self.columns, ",\n", &mut self.first, out);
        Ok(())
    }

    fn tail(&mut self, summary: &Summary, out: &mut Vec<u8>) -> Result<(), Error> {
        out.extend_from_slice(b"\n]");
        for (key, value) in fields(summary) {
            out.extend_from_slice(b",\n");
            json(&key, out);
            out.push(b':');
            json(&value, out);
        }
        out.extend_from_slice(b"}\n");
        Ok(())
    }
}

/// What an answer ends with as the keys of an object, in their order.
pub(super) fn fields(summary: &Summary) -> serde_json::Map<String, serde_json::Value> {
    match serde_json::to_value(summary) {
        Ok(serde_json::Value::Object(fields)) => fields,
        // A struct with names of fields is an object, and has nothing in it that JSON lacks.
        _ => serde_json::Map::new(),
    }
}

/// Appends a value as JSON; writing to memory cannot fail.
pub(super) fn json<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    let _ = serde_json::to_writer(out, value);
}
