//! From an Arrow field to the contract's fields: how the host says what it wants out.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, TimeUnit};

use super::{DESCRIPTION_KEY, SchemaError, is_json, join, refuse};
use crate::bindings::types;
use crate::limits;

/// The contract's fields, in pre-order, of an Arrow field: the way back.
///
/// # Errors
/// A type the contract has no case for.
pub fn wit_fields(field: &Field) -> Result<Vec<types::Field>, SchemaError> {
    let mut fields = Vec::new();
    write(field, field.name(), 0, &mut fields)?;
    Ok(fields)
}

fn wit_time_unit(unit: TimeUnit) -> types::TimeUnit {
    match unit {
        TimeUnit::Second => types::TimeUnit::Second,
        TimeUnit::Millisecond => types::TimeUnit::Millisecond,
        TimeUnit::Microsecond => types::TimeUnit::Microsecond,
        TimeUnit::Nanosecond => types::TimeUnit::Nanosecond,
    }
}

fn write(
    field: &Field,
    path: &str,
    depth: usize,
    out: &mut Vec<types::Field>,
) -> Result<(), SchemaError> {
    use types::DataType as Wit;
    if depth >= limits::SCHEMA_DEPTH || out.len() >= limits::SCHEMA_FIELDS {
        return refuse(format!(
            "field `{path}` is nested too deep or has too many parts"
        ));
    }
    let none = Fields::empty();
    let mut children: &[Arc<Field>] = &none;
    let data_type = match field.data_type() {
        DataType::Null => Wit::Null,
        DataType::Boolean => Wit::Boolean,
        DataType::Int8 => Wit::Int8,
        DataType::Int16 => Wit::Int16,
        DataType::Int32 => Wit::Int32,
        DataType::Int64 => Wit::Int64,
        DataType::UInt8 => Wit::Uint8,
        DataType::UInt16 => Wit::Uint16,
        DataType::UInt32 => Wit::Uint32,
        DataType::UInt64 => Wit::Uint64,
        DataType::Float32 => Wit::Float32,
        DataType::Float64 => Wit::Float64,
        DataType::Utf8 if is_json(field) => Wit::Json,
        DataType::Utf8 => Wit::Utf8,
        DataType::Binary => Wit::Binary,
        DataType::Date32 => Wit::Date32,
        DataType::Time64(unit) => Wit::Time64(wit_time_unit(*unit)),
        DataType::Timestamp(unit, zone) => Wit::Timestamp(types::TimestampType {
            unit: wit_time_unit(*unit),
            zone: zone.as_deref().map(str::to_owned),
        }),
        DataType::Duration(unit) => Wit::Duration(wit_time_unit(*unit)),
        DataType::Decimal128(precision, scale) => Wit::Decimal128(types::DecimalType {
            precision: *precision,
            scale: *scale,
        }),
        DataType::List(item) => {
            children = std::slice::from_ref(item);
            Wit::Array
        }
        DataType::Struct(fields) => {
            children = fields;
            Wit::Object
        }
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(fields) if fields.len() == 2 => {
                children = fields;
                Wit::Dictionary
            }
            other => return refuse(format!("field `{path}` is a map of {other}")),
        },
        other => {
            return refuse(format!(
                "field `{path}` is a {other}, which the plugin contract does not have"
            ));
        }
    };
    out.push(types::Field {
        name: field.name().clone(),
        data_type,
        nullable: field.is_nullable(),
        children: u32::try_from(children.len()).unwrap_or(u32::MAX),
        description: field.metadata().get(DESCRIPTION_KEY).cloned(),
        metadata: field
            .metadata()
            .iter()
            .filter(|(key, _)| !key.starts_with("trawl."))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
    });
    for child in children {
        write(
            child,
            &join(path, child.name()),
            depth.saturating_add(1),
            out,
        )?;
    }
    Ok(())
}
