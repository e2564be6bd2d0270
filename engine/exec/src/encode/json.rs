//! Rows as JSON objects, and single values as people read them; how a value is written is the planner's.

use arrow::array::{ArrayRef, RecordBatch};
use trawl_plan::Type;
use trawl_plan::json_text::{is_null, write_text, write_value};

use crate::answer::AnswerColumn;

/// Appends the rows of a batch as objects with a separator before each but the first.
pub fn rows_json(
    batch: &RecordBatch,
    columns: &[AnswerColumn],
    separator: &str,
    first: &mut bool,
    out: &mut Vec<u8>,
) {
    for row in 0..batch.num_rows() {
        if !std::mem::take(first) {
            out.extend_from_slice(separator.as_bytes());
        }
        row_object(batch, columns, row, out);
    }
}

/// Appends one row as an object.
pub fn row_object(batch: &RecordBatch, columns: &[AnswerColumn], row: usize, out: &mut Vec<u8>) {
    out.push(b'{');
    for (position, (column, array)) in columns.iter().zip(batch.columns()).enumerate() {
        if position > 0 {
            out.push(b',');
        }
        write_text(&column.name, out);
        out.push(b':');
        write_value(array, &column.ty, row, out);
    }
    out.push(b'}');
}

/// One value as people read it: text without quotes, nothing for null, JSON for nested values.
pub fn cell(array: &ArrayRef, ty: &Type, row: usize) -> String {
    if is_null(array, row) {
        return String::new();
    }
    let mut out = Vec::new();
    write_value(array, ty, row, &mut out);
    let json = String::from_utf8_lossy(&out).into_owned();
    match serde_json::from_str::<String>(&json) {
        Ok(text) => text,
        Err(_) => json,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Float64Array, Int64Array, StringArray};
    use arrow::datatypes::{Field, Schema};
    use std::sync::Arc;

    #[test]
    fn rows_are_json_whatever_they_hold() {
        let columns = [
            ("n", Type::Long),
            ("r", Type::Real),
            ("d", Type::Dynamic),
            ("s", Type::String),
        ]
        .map(|(name, ty)| AnswerColumn {
            name: name.to_owned(),
            ty,
        });
        let schema = Schema::new(
            columns
                .iter()
                .map(|c| Field::new(&c.name, c.ty.arrow(), true))
                .collect::<Vec<_>>(),
        );
        let batch = RecordBatch::try_new(
            Arc::new(schema),
            vec![
                Arc::new(Int64Array::from(vec![Some(1), None])),
                Arc::new(Float64Array::from(vec![f64::NAN, 0.5])),
                Arc::new(StringArray::from(vec!["{\"a\":[1]}", "not json"])),
                Arc::new(StringArray::from(vec!["line\n", "\"quoted\""])),
            ],
        )
        .unwrap();
        let mut out = Vec::new();
        let mut first = true;
        rows_json(&batch, &columns, "\n", &mut first, &mut out);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "{\"n\":1,\"r\":\"NaN\",\"d\":{\"a\":[1]},\"s\":\"line\\n\"}\n\
             {\"n\":null,\"r\":0.5,\"d\":\"not json\",\"s\":\"\\\"quoted\\\"\"}"
        );
        assert_eq!(cell(batch.column(3), &Type::String, 1), "\"quoted\"");
        assert_eq!(cell(batch.column(0), &Type::Long, 1), "");
    }
}
