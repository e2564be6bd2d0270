//! JSON of rows. Times are text (RFC 3339, `1h30m`), dynamic values are themselves, NaN and infinities are `"NaN"`, `"+Inf"`
//! and `"-Inf"` as Prometheus writes them, since JSON has no number for them.

use arrow::array::{Array, ArrayRef, AsArray, MapArray, RecordBatch};
use arrow::datatypes::{
    DataType, Decimal128Type, DurationNanosecondType, Float64Type, Int64Type,
    TimestampNanosecondType,
};
use trawl_plan::{Type, time_text};

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
        text(&column.name, out);
        out.push(b':');
        value(array, &column.ty, row, out);
    }
    out.push(b'}');
}

/// One value as people read it: text without quotes, nothing for null, JSON for nested values.
pub fn cell(array: &ArrayRef, ty: &Type, row: usize) -> String {
    if is_null(array, row) {
        return String::new();
    }
    let mut out = Vec::new();
    value(array, ty, row, &mut out);
    let json = String::from_utf8_lossy(&out).into_owned();
    match serde_json::from_str::<String>(&json) {
        Ok(text) => text,
        Err(_) => json,
    }
}

fn value(array: &ArrayRef, ty: &Type, row: usize, out: &mut Vec<u8>) {
    if row >= array.len() || is_null(array, row) {
        out.extend_from_slice(b"null");
        return;
    }
    match (ty, array.data_type()) {
        (Type::Dynamic, DataType::Utf8) => document(array.as_string::<i32>().value(row), out),
        (_, DataType::Utf8) => text(array.as_string::<i32>().value(row), out),
        (_, DataType::Utf8View) => text(array.as_string_view().value(row), out),
        (_, DataType::Boolean) => raw(array.as_boolean().value(row), out),
        (_, DataType::Int64) => raw(array.as_primitive::<Int64Type>().value(row), out),
        (_, DataType::Float64) => real(array.as_primitive::<Float64Type>().value(row), out),
        (_, DataType::Timestamp(..)) => {
            text(
                &time_text::format_datetime(
                    array.as_primitive::<TimestampNanosecondType>().value(row),
                ),
                out,
            );
        }
        (_, DataType::Duration(_)) => {
            text(
                &time_text::format_timespan(
                    array.as_primitive::<DurationNanosecondType>().value(row),
                ),
                out,
            );
        }
        (_, DataType::Decimal128(..)) => decimal(
            &array.as_primitive::<Decimal128Type>().value_as_string(row),
            out,
        ),
        (Type::List(item), DataType::List(_)) => {
            let items = array.as_list::<i32>().value(row);
            out.push(b'[');
            for position in 0..items.len() {
                if position > 0 {
                    out.push(b',');
                }
                value(&items, item, position, out);
            }
            out.push(b']');
        }
        (Type::Map(item), DataType::Map(..)) => {
            if let Some(map) = array.as_any().downcast_ref::<MapArray>() {
                entries(map, item, row, out);
            }
        }
        (Type::Struct(fields), DataType::Struct(_)) => {
            out.push(b'{');
            for (position, ((name, ty), column)) in
                fields.iter().zip(array.as_struct().columns()).enumerate()
            {
                if position > 0 {
                    out.push(b',');
                }
                text(name, out);
                out.push(b':');
                value(column, ty, row, out);
            }
            out.push(b'}');
        }
        (_, other) => text(&format!("a value of {other}"), out),
    }
}

/// Arrays of the null type have no validity that could say so.
fn is_null(array: &ArrayRef, row: usize) -> bool {
    array.data_type() == &DataType::Null || array.is_null(row)
}

fn entries(map: &MapArray, item: &Type, row: usize, out: &mut Vec<u8>) {
    let entries = map.value(row);
    out.push(b'{');
    if let [keys, values] = entries.columns() {
        for position in 0..entries.len() {
            if position > 0 {
                out.push(b',');
            }
            text(keys.as_string::<i32>().value(position), out);
            out.push(b':');
            value(values, item, position, out);
        }
    }
    out.push(b'}');
}

fn raw(value: impl std::fmt::Display, out: &mut Vec<u8>) {
    out.extend_from_slice(value.to_string().as_bytes());
}

fn text(value: &str, out: &mut Vec<u8>) {
    // Writing a text to memory cannot fail.
    let _ = serde_json::to_writer(out, value);
}

fn real(value: f64, out: &mut Vec<u8>) {
    if value.is_nan() {
        text("NaN", out);
    } else if value.is_infinite() {
        text(if value > 0.0 { "+Inf" } else { "-Inf" }, out);
    } else {
        let _ = serde_json::to_writer(out, &value);
    }
}

/// A decimal without the zeros that its scale adds: `0.500000000` is `0.5`.
fn decimal(value: &str, out: &mut Vec<u8>) {
    let short = if value.contains('.') {
        value.trim_end_matches('0').trim_end_matches('.')
    } else {
        value
    };
    out.extend_from_slice(short.as_bytes());
}

/// A JSON document as it is, on one line; what is none becomes text, so that the answer stays JSON.
fn document(value: &str, out: &mut Vec<u8>) {
    let is_json = serde_json::from_str::<serde::de::IgnoredAny>(value).is_ok();
    match value.contains(['\n', '\r']) {
        false if is_json => out.extend_from_slice(value.as_bytes()),
        true if is_json => match serde_json::from_str::<serde_json::Value>(value) {
            Ok(document) => raw(document, out),
            Err(_) => text(value, out),
        },
        _ => text(value, out),
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
