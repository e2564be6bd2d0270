//! An answer as server-sent events: `schema`, `rows` and `progress` in any order, `completeness`; `error` where it breaks off. The data
//! of each event is one line of JSON.

use arrow::array::RecordBatch;
use serde::Serialize;
use serde_json::json;

use super::Encoder;
use super::json::rows_json;
use super::object::json;
use crate::answer::{AnswerColumn, Summary};
use crate::error::Error;
use crate::progress::Progress;

/// Events under way.
pub(super) struct Events {
    columns: Vec<AnswerColumn>,
}

impl Events {
    pub(super) fn new(columns: Vec<AnswerColumn>) -> Self {
        Self { columns }
    }
}

impl Encoder for Events {
    fn head(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        event("schema", &json!({ "columns": self.columns }), out);
        Ok(())
    }

    fn rows(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), Error> {
        if batch.num_rows() > 0 {
            out.extend_from_slice(b"event: rows\ndata: [");
            rows_json(batch, &self.columns, ",", &mut true, out);
            out.extend_from_slice(b"]\n\n");
        }
        Ok(())
    }

    fn tail(&mut self, summary: &Summary, out: &mut Vec<u8>) -> Result<(), Error> {
        event("completeness", summary, out);
        Ok(())
    }
}

/// Appends how far a target is.
pub fn progress_event(target: &Progress, out: &mut Vec<u8>) {
    event("progress", target, out);
}

/// Appends why there is nothing more, in the door's words.
pub fn error_event<T: Serialize>(why: &T, out: &mut Vec<u8>) {
    event("error", why, out);
}

/// JSON has no line break outside of its texts, where they are escaped: the data is one line.
fn event<T: Serialize + ?Sized>(name: &str, data: &T, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("event: {name}\ndata: ").as_bytes());
    json(data, out);
    out.extend_from_slice(b"\n\n");
}
