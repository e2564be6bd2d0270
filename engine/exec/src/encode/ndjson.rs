//! An answer as lines: a row each, then `{"$completeness": …, "$warnings": …}`. No column's name begins with `$`.

use arrow::array::RecordBatch;

use super::Encoder;
use super::json::row_object;
use super::object::{fields, json};
use crate::answer::{AnswerColumn, Summary};
use crate::error::Error;

/// Lines under way.
pub(super) struct Lines {
    columns: Vec<AnswerColumn>,
}

impl Lines {
    pub(super) fn new(columns: Vec<AnswerColumn>) -> Self {
        Self { columns }
    }
}

impl Encoder for Lines {
    fn head(&mut self, _: &mut Vec<u8>) -> Result<(), Error> {
        Ok(())
    }

    fn rows(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), Error> {
        for row in 0..batch.num_rows() {
            row_object(batch, &self.columns, row, out);
            out.push(b'\n');
        }
        Ok(())
    }

    fn tail(&mut self, summary: &Summary, out: &mut Vec<u8>) -> Result<(), Error> {
        let fields = fields(summary).into_iter();
        let marked: serde_json::Map<_, _> = fields
            .map(|(key, value)| (format!("${key}"), value))
            .collect();
        json(&marked, out);
        out.push(b'\n');
        Ok(())
    }
}
