//! CSV of rows as RFC 4180 has it: CRLF line ends, quotes where needed.

use arrow::array::RecordBatch;

use super::json::cell;
use crate::answer::AnswerColumn;

/// Appends the line of column names.
pub fn csv_header(columns: &[AnswerColumn], out: &mut Vec<u8>) {
    line(columns.iter().map(|column| column.name.clone()), out);
}

/// Appends the rows of a batch.
pub fn csv_rows(batch: &RecordBatch, columns: &[AnswerColumn], out: &mut Vec<u8>) {
    for row in 0..batch.num_rows() {
        line(
            columns
                .iter()
                .zip(batch.columns())
                .map(|(column, array)| cell(array, &column.ty, row)),
            out,
        );
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
