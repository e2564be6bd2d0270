//! Values of columns as JSON text, by the language's types rather than Arrow's: the one form of a value wherever it is written.
//!
//! Times are text (RFC 3339, `1h30m`), dynamic values are themselves, NaN and infinities are `"NaN"`, `"+Inf"` and `"-Inf"` as
//! Prometheus writes them, since JSON has no number for them.

use arrow::array::{Array, ArrayRef, AsArray, MapArray};
use arrow::datatypes::{
    DataType, Decimal128Type, DurationNanosecondType, Float64Type, Int64Type,
    TimestampNanosecondType,
};

use crate::types::Type;
use crate::{quantity, time_text};

/// Appends the value of a row; a row beyond the end is null.
pub fn write_value(array: &ArrayRef, ty: &Type, row: usize, out: &mut Vec<u8>) {
    if row >= array.len() || is_null(array, row) {
        out.extend_from_slice(b"null");
        return;
    }
    match (ty, array.data_type()) {
        (Type::Dynamic, DataType::Utf8) => document(array.as_string::<i32>().value(row), out),
        (_, DataType::Utf8) => write_text(array.as_string::<i32>().value(row), out),
        (_, DataType::Utf8View) => write_text(array.as_string_view().value(row), out),
        (_, DataType::Boolean) => raw(array.as_boolean().value(row), out),
        (_, DataType::Int64) => raw(array.as_primitive::<Int64Type>().value(row), out),
        (_, DataType::Float64) => real(array.as_primitive::<Float64Type>().value(row), out),
        (_, DataType::Timestamp(..)) => {
            let time = array.as_primitive::<TimestampNanosecondType>().value(row);
            write_text(&time_text::format_datetime(time), out);
        }
        (_, DataType::Duration(_)) => {
            let span = array.as_primitive::<DurationNanosecondType>().value(row);
            write_text(&time_text::format_timespan(span), out);
        }
        (_, DataType::Decimal128(..)) => {
            let parts = array.as_primitive::<Decimal128Type>().value(row);
            raw(quantity::format(parts), out);
        }
        (Type::List(item), DataType::List(_)) => {
            let items = array.as_list::<i32>().value(row);
            out.push(b'[');
            for position in 0..items.len() {
                if position > 0 {
                    out.push(b',');
                }
                write_value(&items, item, position, out);
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
                write_text(name, out);
                out.push(b':');
                write_value(column, ty, row, out);
            }
            out.push(b'}');
        }
        (_, other) => write_text(&format!("a value of {other}"), out),
    }
}

/// Appends a text in quotes, escaped.
pub fn write_text(value: &str, out: &mut Vec<u8>) {
    // Writing a text to memory cannot fail.
    let _ = serde_json::to_writer(out, value);
}

/// Whether a value is null; arrays of the null type have no validity that could say so.
pub fn is_null(array: &ArrayRef, row: usize) -> bool {
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
            write_text(keys.as_string::<i32>().value(position), out);
            out.push(b':');
            write_value(values, item, position, out);
        }
    }
    out.push(b'}');
}

fn raw(value: impl std::fmt::Display, out: &mut Vec<u8>) {
    out.extend_from_slice(value.to_string().as_bytes());
}

fn real(value: f64, out: &mut Vec<u8>) {
    if value.is_nan() {
        write_text("NaN", out);
    } else if value.is_infinite() {
        write_text(if value > 0.0 { "+Inf" } else { "-Inf" }, out);
    } else {
        let _ = serde_json::to_writer(out, &value);
    }
}

/// A JSON document as it is, on one line; what is none becomes text, so that the whole stays JSON.
fn document(value: &str, out: &mut Vec<u8>) {
    let is_json = serde_json::from_str::<serde::de::IgnoredAny>(value).is_ok();
    match value.contains(['\n', '\r']) {
        false if is_json => out.extend_from_slice(value.as_bytes()),
        true if is_json => match serde_json::from_str::<serde_json::Value>(value) {
            Ok(document) => raw(document, out),
            Err(_) => write_text(value, out),
        },
        _ => write_text(value, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ListArray, StringArray, StructArray, new_null_array};
    use arrow::datatypes::Fields;
    use std::sync::Arc;

    fn text(array: &ArrayRef, ty: &Type, row: usize) -> String {
        let mut out = Vec::new();
        write_value(array, ty, row, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn nested_values_hold_the_forms_of_the_language() {
        let ty = Type::Struct(vec![
            ("doc".to_owned(), Type::Dynamic),
            ("name".to_owned(), Type::String),
            ("at".to_owned(), Type::Datetime),
        ]);
        let DataType::Struct(fields) = ty.arrow() else {
            panic!("a struct");
        };
        let fields: Fields = fields;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from(vec!["{\"a\":\n[1]}", "not json"])),
            Arc::new(StringArray::from(vec![Some("a \"b\""), None])),
            new_null_array(&Type::Datetime.arrow(), 2),
        ];
        let rows: ArrayRef = Arc::new(StructArray::new(fields, columns, None));
        assert_eq!(
            text(&rows, &ty, 0),
            r#"{"doc":{"a":[1]},"name":"a \"b\"","at":null}"#
        );
        assert_eq!(
            text(&rows.slice(1, 1), &ty, 0),
            r#"{"doc":"not json","name":null,"at":null}"#
        );
        assert_eq!(text(&rows, &ty, 2), "null");
    }

    #[test]
    fn lists_may_be_sliced() {
        let ty = Type::List(Box::new(Type::Long));
        let lists = ListArray::from_iter_primitive::<Int64Type, _, _>([
            Some(vec![Some(1)]),
            Some(vec![Some(2), None]),
            None,
        ]);
        let lists: ArrayRef = Arc::new(lists);
        assert_eq!(text(&lists.slice(1, 2), &ty, 0), "[2,null]");
        assert_eq!(text(&lists.slice(1, 2), &ty, 1), "null");
    }
}
