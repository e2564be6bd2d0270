//! The contract's schema (fields in pre-order) against Arrow's (a tree), both ways. What has no
//! counterpart is refused.

mod back;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, TimeUnit};

pub use back::wit_fields;

use crate::bindings::types;
use crate::limits;

/// Metadata key that tells a JSON document from a text in an Arrow field.
pub const TYPE_KEY: &str = "trawl.type";
/// Its value for JSON.
pub const TYPE_JSON: &str = "json";
/// Metadata key of a field's description.
pub const DESCRIPTION_KEY: &str = "trawl.description";

/// Bytes of a field's name or description.
const TEXT_BYTES: usize = 1 << 10;
/// Metadata entries of a field.
const METADATA: usize = 16;

/// A schema that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SchemaError {
    /// Which field, what was expected, what came.
    pub message: String,
}

fn refuse<T>(message: String) -> Result<T, SchemaError> {
    Err(SchemaError { message })
}

/// The Arrow schema of a contract schema. `json` becomes Utf8 with the metadata
/// [`TYPE_KEY`] = [`TYPE_JSON`]; `dictionary` becomes Map with an `entries` struct of key and value.
///
/// # Errors
/// Counts of children that do not fit, names that occur twice, a type with wrong parameters, or more
/// fields or levels than are allowed.
pub fn arrow_schema(schema: &types::Schema) -> Result<Schema, SchemaError> {
    let mut reader = Reader::new(&schema.fields)?;
    let mut fields = Vec::new();
    while !reader.at_end() {
        fields.push(Arc::new(reader.field("", 0)?));
    }
    unique("", &fields)?;
    Ok(Schema::new(fields))
}

/// The Arrow field of one root field in pre-order, such as a column's output.
///
/// # Errors
/// As [`arrow_schema`]; also when there is not exactly one root.
pub fn arrow_field(fields: &[types::Field]) -> Result<Field, SchemaError> {
    let mut reader = Reader::new(fields)?;
    let field = reader.field("", 0)?;
    if reader.at_end() {
        Ok(field)
    } else {
        refuse(format!(
            "expected one root field, found more behind `{}`",
            field.name()
        ))
    }
}

/// Whether an Arrow field holds JSON documents.
#[must_use]
pub fn is_json(field: &Field) -> bool {
    field
        .metadata()
        .get(TYPE_KEY)
        .is_some_and(|it| it == TYPE_JSON)
}

struct Reader<'a> {
    fields: std::slice::Iter<'a, types::Field>,
}

impl<'a> Reader<'a> {
    fn new(fields: &'a [types::Field]) -> Result<Self, SchemaError> {
        if fields.len() > limits::SCHEMA_FIELDS {
            return refuse(format!(
                "the schema has {} fields; at most {} are allowed",
                fields.len(),
                limits::SCHEMA_FIELDS
            ));
        }
        Ok(Self {
            fields: fields.iter(),
        })
    }

    fn at_end(&self) -> bool {
        self.fields.as_slice().is_empty()
    }

    fn field(&mut self, parent: &str, depth: usize) -> Result<Field, SchemaError> {
        let Some(field) = self.fields.next() else {
            return refuse(format!(
                "the schema ends in the middle: field `{parent}` says it has more children than follow"
            ));
        };
        let path = join(parent, &field.name);
        if depth >= limits::SCHEMA_DEPTH {
            return refuse(format!(
                "field `{path}` is nested more than {} levels deep",
                limits::SCHEMA_DEPTH
            ));
        }
        let description = field.description.as_deref().unwrap_or_default();
        if field.name.len() > TEXT_BYTES || field.metadata.len() > METADATA {
            return refuse(format!(
                "field `{}` has a name of more than {TEXT_BYTES} bytes or more than {METADATA} metadata entries",
                crate::error::cut(path)
            ));
        }
        let children = self.children(field, &path, depth)?;
        let data_type = data_type(field, &path, children)?;
        let mut metadata: HashMap<String, String> = field
            .metadata
            .iter()
            // Ours are the host's to set.
            .filter(|(key, _)| !key.starts_with("trawl."))
            .cloned()
            .collect();
        if matches!(field.data_type, types::DataType::Json) {
            metadata.insert(TYPE_KEY.into(), TYPE_JSON.into());
        }
        if !description.is_empty() {
            metadata.insert(
                DESCRIPTION_KEY.into(),
                crate::error::cut(description.into()),
            );
        }
        Ok(Field::new(&field.name, data_type, field.nullable).with_metadata(metadata))
    }

    fn children(
        &mut self,
        field: &types::Field,
        path: &str,
        depth: usize,
    ) -> Result<Vec<Arc<Field>>, SchemaError> {
        let expected = match field.data_type {
            types::DataType::Array => Some(1),
            types::DataType::Dictionary => Some(2),
            types::DataType::Object => None,
            _ => Some(0),
        };
        if expected.is_some_and(|expected| expected != field.children) {
            return refuse(format!(
                "field `{path}` has {} children; its type has {}",
                field.children,
                expected.unwrap_or_default()
            ));
        }
        // Not reserved by the guest's number: the fields have to be there.
        let mut children = Vec::new();
        for _ in 0..field.children {
            children.push(Arc::new(self.field(path, depth.saturating_add(1))?));
        }
        unique(path, &children)?;
        Ok(children)
    }
}

fn unique(path: &str, fields: &[Arc<Field>]) -> Result<(), SchemaError> {
    let mut names = HashSet::new();
    match fields.iter().find(|field| !names.insert(field.name())) {
        Some(field) => refuse(format!("field `{}` occurs twice", join(path, field.name()))),
        None => Ok(()),
    }
}

fn data_type(
    field: &types::Field,
    path: &str,
    children: Vec<Arc<Field>>,
) -> Result<DataType, SchemaError> {
    use types::DataType as Wit;
    Ok(match &field.data_type {
        Wit::Null => DataType::Null,
        Wit::Boolean => DataType::Boolean,
        Wit::Int8 => DataType::Int8,
        Wit::Int16 => DataType::Int16,
        Wit::Int32 => DataType::Int32,
        Wit::Int64 => DataType::Int64,
        Wit::Uint8 => DataType::UInt8,
        Wit::Uint16 => DataType::UInt16,
        Wit::Uint32 => DataType::UInt32,
        Wit::Uint64 => DataType::UInt64,
        Wit::Float32 => DataType::Float32,
        Wit::Float64 => DataType::Float64,
        Wit::Utf8 | Wit::Json => DataType::Utf8,
        Wit::Binary => DataType::Binary,
        Wit::Date32 => DataType::Date32,
        Wit::Time64(unit) => match unit {
            types::TimeUnit::Microsecond | types::TimeUnit::Nanosecond => {
                DataType::Time64(time_unit(*unit))
            }
            _ => {
                return refuse(format!(
                    "field `{path}` is a time64 in {unit:?}; expected microsecond or nanosecond"
                ));
            }
        },
        Wit::Timestamp(timestamp) => {
            let zone = timestamp.zone.as_deref();
            if zone.is_some_and(|zone| zone.len() > 64 || zone.is_empty()) {
                return refuse(format!("field `{path}` has a time zone that is none"));
            }
            DataType::Timestamp(time_unit(timestamp.unit), zone.map(Arc::from))
        }
        Wit::Duration(unit) => DataType::Duration(time_unit(*unit)),
        Wit::Decimal128(decimal) => {
            let precision_ok = (1..=38).contains(&decimal.precision);
            let scale_ok = decimal.scale.unsigned_abs() <= decimal.precision;
            if !(precision_ok && scale_ok) {
                return refuse(format!(
                    "field `{path}` is a decimal({}, {}); expected a precision of 1 to 38 and a scale within it",
                    decimal.precision, decimal.scale
                ));
            }
            DataType::Decimal128(decimal.precision, decimal.scale)
        }
        Wit::Array => match children.into_iter().next() {
            Some(item) => DataType::List(item),
            None => return refuse(format!("field `{path}` has no item")),
        },
        Wit::Object => DataType::Struct(children.into()),
        Wit::Dictionary => {
            let key_ok = children
                .first()
                .is_some_and(|key| *key.data_type() == DataType::Utf8 && !key.is_nullable());
            if !key_ok {
                return refuse(format!(
                    "field `{path}` is a dictionary whose key is not utf8, or may be null"
                ));
            }
            let entries = Field::new("entries", DataType::Struct(children.into()), false);
            DataType::Map(Arc::new(entries), false)
        }
    })
}

fn time_unit(unit: types::TimeUnit) -> TimeUnit {
    match unit {
        types::TimeUnit::Second => TimeUnit::Second,
        types::TimeUnit::Millisecond => TimeUnit::Millisecond,
        types::TimeUnit::Microsecond => TimeUnit::Microsecond,
        types::TimeUnit::Nanosecond => TimeUnit::Nanosecond,
    }
}

/// A path for messages.
pub(crate) fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() {
        name.to_owned()
    } else {
        format!("{parent}.{name}")
    }
}

#[cfg(test)]
mod tests;
