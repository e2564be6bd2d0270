//! Rows as JSON lines, decoded by the planned schema. A member that is not in the schema is ignored, one that
//! is missing is null; a value of another type is refused with its line and column.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, ListArray, MapArray, NullArray, PrimitiveArray,
    RecordBatch, RecordBatchOptions, StringArray, StructArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::kernels::cast_utils::{Parser, parse_decimal};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, DurationMicrosecondType,
    DurationMillisecondType, DurationNanosecondType, DurationSecondType, Field, Float32Type,
    Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, SchemaRef, Time64MicrosecondType,
    Time64NanosecondType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use base64::Engine as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::error::{Failure, defect};
use crate::{limits, schema};

/// How much of a wrong value a message shows, in characters.
const SHOWN: usize = 60;

/// A value of a column, with its line for messages. Null and missing are the same.
type Value<'a> = (usize, Option<&'a RawValue>);

/// Decodes lines of JSON objects; empty lines are skipped.
pub(crate) fn decode(schema: &SchemaRef, bytes: &[u8]) -> Result<RecordBatch, Failure> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        defect(format!(
            "the JSON lines are not UTF-8 (at byte {})",
            error.valid_up_to()
        ))
    })?;
    let mut rows: Vec<(usize, HashMap<String, &RawValue>)> = Vec::new();
    for (number, line) in (1_usize..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        if rows.len() >= limits::BATCH_ROWS {
            return Err(defect(format!(
                "one push has more than {} lines",
                limits::BATCH_ROWS
            )));
        }
        let row = serde_json::from_str(line).map_err(|error| {
            defect(format!(
                "line {number} is no JSON object: {error}: {}",
                shown(line)
            ))
        })?;
        rows.push((number, row));
    }
    let mut columns = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let values = rows
            .iter()
            .map(|(line, row)| (*line, row.get(field.name()).copied().filter(present)))
            .collect();
        columns.push(column(field, field.name(), values)?);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
        .map_err(|error| defect(format!("the JSON lines do not fit the schema: {error}")))
}

fn present(value: &&RawValue) -> bool {
    value.get() != "null"
}

fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

fn wrong(path: &str, line: usize, expected: &str, found: &RawValue) -> Failure {
    defect(format!(
        "line {line}, column `{path}`: expected {expected}, found {}",
        shown(found.get())
    ))
}

fn column(field: &Field, path: &str, values: Vec<Value<'_>>) -> Result<ArrayRef, Failure> {
    if !field.is_nullable()
        && let Some((line, _)) = values.iter().find(|(_, value)| value.is_none())
    {
        return Err(defect(format!(
            "line {line}, column `{path}`: a value is missing, but the column is declared without null"
        )));
    }
    let data_type = field.data_type();
    Ok(match data_type {
        DataType::Null => Arc::new(NullArray::new(values.len())),
        DataType::Boolean => Arc::new(BooleanArray::from(each(
            path,
            "true or false",
            &values,
            parsed,
        )?)),
        DataType::Utf8 if schema::is_json(field) => Arc::new(
            values
                .iter()
                .map(|(_, value)| value.map(RawValue::get))
                .collect::<StringArray>(),
        ),
        DataType::Utf8 => {
            let texts: Vec<Option<String>> = each(path, "a string", &values, parsed)?;
            Arc::new(StringArray::from(texts))
        }
        DataType::Binary => {
            let bytes = each(path, "a string in base64", &values, |raw| {
                base64::engine::general_purpose::STANDARD
                    .decode(parsed::<String>(raw)?)
                    .ok()
            })?;
            Arc::new(bytes.into_iter().collect::<BinaryArray>())
        }
        DataType::Int8 => number::<Int8Type>(field, path, &values)?,
        DataType::Int16 => number::<Int16Type>(field, path, &values)?,
        DataType::Int32 => number::<Int32Type>(field, path, &values)?,
        DataType::Int64 => number::<Int64Type>(field, path, &values)?,
        DataType::UInt8 => number::<UInt8Type>(field, path, &values)?,
        DataType::UInt16 => number::<UInt16Type>(field, path, &values)?,
        DataType::UInt32 => number::<UInt32Type>(field, path, &values)?,
        DataType::UInt64 => number::<UInt64Type>(field, path, &values)?,
        DataType::Float32 => number::<Float32Type>(field, path, &values)?,
        DataType::Float64 => number::<Float64Type>(field, path, &values)?,
        DataType::Date32 => number::<Date32Type>(field, path, &values)?,
        DataType::Time64(TimeUnit::Microsecond) => {
            number::<Time64MicrosecondType>(field, path, &values)?
        }
        DataType::Time64(_) => number::<Time64NanosecondType>(field, path, &values)?,
        DataType::Timestamp(unit, _) => match unit {
            TimeUnit::Second => number::<TimestampSecondType>(field, path, &values)?,
            TimeUnit::Millisecond => number::<TimestampMillisecondType>(field, path, &values)?,
            TimeUnit::Microsecond => number::<TimestampMicrosecondType>(field, path, &values)?,
            TimeUnit::Nanosecond => number::<TimestampNanosecondType>(field, path, &values)?,
        },
        DataType::Duration(unit) => match unit {
            TimeUnit::Second => integer::<DurationSecondType>(path, &values)?,
            TimeUnit::Millisecond => integer::<DurationMillisecondType>(path, &values)?,
            TimeUnit::Microsecond => integer::<DurationMicrosecondType>(path, &values)?,
            TimeUnit::Nanosecond => integer::<DurationNanosecondType>(path, &values)?,
        },
        DataType::Decimal128(precision, scale) => {
            let numbers = each(path, &data_type.to_string(), &values, |raw| {
                let digits = parsed::<String>(raw).unwrap_or_else(|| raw.get().to_owned());
                parse_decimal::<Decimal128Type>(&digits, *precision, *scale).ok()
            })?;
            let array: PrimitiveArray<Decimal128Type> = numbers.into_iter().collect();
            Arc::new(array.with_data_type(data_type.clone()))
        }
        DataType::List(item) => {
            let lists = each(path, "an array", &values, borrowed::<Vec<&RawValue>>)?;
            let offsets = OffsetBuffer::from_lengths(
                lists.iter().map(|list| list.as_ref().map_or(0, Vec::len)),
            );
            let nulls: NullBuffer = lists.iter().map(Option::is_some).collect();
            let items = values
                .iter()
                .zip(lists)
                .flat_map(|((line, _), list)| {
                    let list = list.unwrap_or_default();
                    list.into_iter()
                        .map(|item| (*line, Some(item).filter(present)))
                })
                .collect();
            let items = column(item, &schema::join(path, item.name()), items)?;
            let list = ListArray::try_new(Arc::clone(item), offsets, items, Some(nulls));
            Arc::new(list.map_err(|error| defect(format!("column `{path}`: {error}")))?)
        }
        DataType::Struct(fields) => {
            let objects = each(
                path,
                "an object",
                &values,
                borrowed::<HashMap<String, &RawValue>>,
            )?;
            let nulls: NullBuffer = objects.iter().map(Option::is_some).collect();
            let mut children = Vec::with_capacity(fields.len());
            for field in fields {
                // Below a null object its members need no value, whatever they are declared.
                let nullable = field
                    .as_ref()
                    .clone()
                    .with_nullable(field.is_nullable() || nulls.null_count() > 0);
                let members = values
                    .iter()
                    .zip(&objects)
                    .map(|((line, _), object)| {
                        let member = object.as_ref().and_then(|object| object.get(field.name()));
                        (*line, member.copied().filter(present))
                    })
                    .collect();
                children.push(column(
                    &nullable,
                    &schema::join(path, field.name()),
                    members,
                )?);
            }
            let length = values.len();
            let object =
                StructArray::try_new_with_length(fields.clone(), children, Some(nulls), length);
            Arc::new(object.map_err(|error| defect(format!("column `{path}`: {error}")))?)
        }
        DataType::Map(entries, _) => dictionary(entries, path, &values)?,
        other => {
            return Err(defect(format!(
                "column `{path}`: {other} cannot come as JSON"
            )));
        }
    })
}

fn dictionary(entries: &Arc<Field>, path: &str, values: &[Value<'_>]) -> Result<ArrayRef, Failure> {
    let DataType::Struct(fields) = entries.data_type() else {
        return Err(defect(format!("column `{path}` is a map without entries")));
    };
    let Some(value) = fields.get(1) else {
        return Err(defect(format!("column `{path}` is a map without values")));
    };
    let objects = each(path, "an object", values, borrowed::<indexed::Members<'_>>)?;
    let lengths = objects
        .iter()
        .map(|object| object.as_ref().map_or(0, |object| object.0.len()));
    let offsets = OffsetBuffer::from_lengths(lengths);
    let nulls: NullBuffer = objects.iter().map(Option::is_some).collect();
    let mut keys = Vec::new();
    let mut members = Vec::new();
    for ((line, _), object) in values.iter().zip(&objects) {
        for (key, member) in object.iter().flat_map(|object| &object.0) {
            keys.push(key.as_str());
            members.push((*line, Some(*member).filter(present)));
        }
    }
    let members = column(value, &schema::join(path, value.name()), members)?;
    let columns: Vec<ArrayRef> = vec![Arc::new(StringArray::from(keys)), members];
    let broken = |error| defect(format!("column `{path}`: {error}"));
    let content = StructArray::try_new(fields.clone(), columns, None).map_err(broken)?;
    let map = MapArray::try_new(Arc::clone(entries), offsets, content, Some(nulls), false);
    Ok(Arc::new(map.map_err(broken)?))
}

/// The members of an object in their order.
mod indexed {
    use super::{RawValue, fmt};
    use serde::de::{MapAccess, Visitor};

    /// Keys and values as they come.
    pub(super) struct Members<'a>(pub(super) Vec<(String, &'a RawValue)>);

    impl<'de> serde::Deserialize<'de> for Members<'de> {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct InOrder;
            impl<'de> Visitor<'de> for InOrder {
                type Value = Members<'de>;

                fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                    out.write_str("an object")
                }

                fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                    let mut members = Vec::new();
                    while let Some(member) = map.next_entry()? {
                        members.push(member);
                    }
                    Ok(Members(members))
                }
            }
            deserializer.deserialize_map(InOrder)
        }
    }
}

/// Reads every value that is there.
fn each<'a, T>(
    path: &str,
    expected: &str,
    values: &[Value<'a>],
    read: impl Fn(&'a RawValue) -> Option<T>,
) -> Result<Vec<Option<T>>, Failure> {
    values
        .iter()
        .map(|(line, value)| match value {
            None => Ok(None),
            Some(raw) => read(raw)
                .map(Some)
                .ok_or_else(|| wrong(path, *line, expected, raw)),
        })
        .collect()
}

fn parsed<T: DeserializeOwned>(raw: &RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

fn borrowed<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

/// A number, or a string with one in it (large integers, NaN); for times also RFC 3339.
fn number<T>(field: &Field, path: &str, values: &[Value<'_>]) -> Result<ArrayRef, Failure>
where
    T: ArrowPrimitiveType + Parser,
    T::Native: DeserializeOwned,
{
    let data_type = field.data_type();
    let numbers = each(path, &data_type.to_string(), values, |raw| {
        parsed::<T::Native>(raw).or_else(|| T::parse(&parsed::<String>(raw)?))
    })?;
    let array: PrimitiveArray<T> = numbers.into_iter().collect();
    Ok(Arc::new(array.with_data_type(data_type.clone())))
}

/// An integer in the type's unit.
fn integer<T>(path: &str, values: &[Value<'_>]) -> Result<ArrayRef, Failure>
where
    T: ArrowPrimitiveType,
    T::Native: DeserializeOwned,
{
    let numbers = each(path, "an integer", values, parsed::<T::Native>)?;
    Ok(Arc::new(numbers.into_iter().collect::<PrimitiveArray<T>>()))
}

#[cfg(test)]
mod tests;
