//! CSV of rows as RFC 4180 has it: CRLF line ends, quotes where needed. What an answer ends with has no place in it: the door says it
//! elsewhere.

use arrow::array::RecordBatch;

use super::Encoder;
use super::json::cell;
use crate::answer::{AnswerColumn, Summary};
use crate::error::Error;

/// CSV under way.
pub(super) struct Csv {
    columns: Vec<AnswerColumn>,
}

impl Csv {
    pub(super) fn new(columns: Vec<AnswerColumn>) -> Self {
        Self { columns }
    }
}

impl Encoder for Csv {
    fn head(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        line(self.columns.iter().map(|column| column.name.clone()), out);
        Ok(())
    }

    fn rows(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), Error> {
        for row in 0..batch.num_rows() {
            let cells = self.columns.iter().zip(batch.columns());
            line(
                cells.map(|(column, array)| cell(array, &column.ty, row)),
                out,
            );
        }
        Ok(())
    }

    fn tail(&mut self, _: &Summary, _: &mut Vec<u8>) -> Result<(), Error> {
        Ok(())
    }
}

fn line(cells: impl Iterator<Item = String>, out: &mut Vec<u8>) {
    for (position, cell) in cells.enumerate() {
        if position > 0 {
            out.push(b',');
        }
        if cell.contains([',', '"', '\n', '\r']) {
            out.push(b'"');
            out.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
            out.push(b'"');
        } else {
            out.extend_from_slice(cell.as_bytes());
        }
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_doubled() {
        let mut out = Vec::new();
        line(
            ["a", "b,c", "say \"x\""].into_iter().map(str::to_owned),
            &mut out,
        );
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "a,\"b,c\",\"say \"\"x\"\"\"\r\n"
        );
    }
}
