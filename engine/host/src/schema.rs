//! The contract's schema (fields in pre-order) against Arrow's (a tree), both ways. What has no
//! counterpart is refused.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, Schema, TimeUnit};

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

/// The contract's fields, in pre-order, of an Arrow field: the way back.
///
/// # Errors
/// A type the contract has no case for.
pub fn wit_fields(field: &Field) -> Result<Vec<types::Field>, SchemaError> {
    let mut fields = Vec::new();
    write(field, field.name(), 0, &mut fields)?;
    Ok(fields)
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

/// A path for messages.
pub(crate) fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() {
        name.to_owned()
    } else {
        format!("{parent}.{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::DataType as Wit;

    fn field(name: &str, data_type: Wit, children: u32) -> types::Field {
        types::Field {
            name: name.into(),
            data_type,
            nullable: name != "key",
            children,
            description: None,
            metadata: vec![],
        }
    }

    fn timestamp() -> Wit {
        Wit::Timestamp(types::TimestampType {
            unit: types::TimeUnit::Nanosecond,
            zone: Some("UTC".into()),
        })
    }

    #[test]
    fn every_type_survives_the_way_there_and_back() {
        let decimal = Wit::Decimal128(types::DecimalType {
            precision: 38,
            scale: -3,
        });
        let flat = [
            Wit::Null,
            Wit::Boolean,
            Wit::Int8,
            Wit::Int16,
            Wit::Int32,
            Wit::Int64,
            Wit::Uint8,
            Wit::Uint16,
            Wit::Uint32,
            Wit::Uint64,
            Wit::Float32,
            Wit::Float64,
            Wit::Utf8,
            Wit::Binary,
            Wit::Json,
            Wit::Date32,
            Wit::Time64(types::TimeUnit::Nanosecond),
            timestamp(),
            Wit::Duration(types::TimeUnit::Second),
            decimal,
        ];
        for data_type in flat {
            let fields = vec![field("a", data_type, 0)];
            assert_eq!(wit_fields(&arrow_field(&fields).unwrap()), Ok(fields));
        }
        let nested = vec![
            field("o", Wit::Object, 3),
            field("labels", Wit::Dictionary, 2),
            field("key", Wit::Utf8, 0),
            field("value", Wit::Json, 0),
            field("list", Wit::Array, 1),
            field("item", Wit::Object, 0),
            field("at", timestamp(), 0),
        ];
        let arrow = arrow_field(&nested).unwrap();
        assert_eq!(wit_fields(&arrow), Ok(nested));
        let DataType::Struct(children) = arrow.data_type() else {
            panic!("{arrow}")
        };
        assert!(
            matches!(children[0].data_type(), DataType::Map(entries, false) if entries.name() == "entries")
        );
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_field_named() {
        let time = Wit::Time64(types::TimeUnit::Second);
        let decimal = Wit::Decimal128(types::DecimalType {
            precision: 3,
            scale: -128,
        });
        let cases = [
            (
                vec![field("a", Wit::Int8, 1), field("b", Wit::Int8, 0)],
                "`a` has 1 children",
            ),
            (
                vec![field("a", Wit::Array, 0)],
                "`a` has 0 children; its type has 1",
            ),
            (
                vec![field("a", Wit::Object, u32::MAX)],
                "ends in the middle: field `a`",
            ),
            (
                vec![field("a", Wit::Int8, 0), field("a", Wit::Int8, 0)],
                "`a` occurs twice",
            ),
            (
                vec![
                    field("o", Wit::Object, 2),
                    field("a", Wit::Int8, 0),
                    field("a", Wit::Int8, 0),
                ],
                "`o.a` occurs twice",
            ),
            (
                vec![field("t", time, 0)],
                "expected microsecond or nanosecond",
            ),
            (vec![field("d", decimal, 0)], "`d` is a decimal(3, -128)"),
            (
                vec![
                    field("m", Wit::Dictionary, 2),
                    field("k", Wit::Utf8, 0),
                    field("v", Wit::Utf8, 0),
                ],
                "`m` is a dictionary whose key",
            ),
            (vec![field("a", Wit::Array, 1); 40], "levels deep"),
            (
                vec![field("a", Wit::Int8, 0); limits::SCHEMA_FIELDS + 1],
                "at most 4096",
            ),
        ];
        for (fields, expected) in cases {
            let message = arrow_schema(&types::Schema { fields }).unwrap_err().message;
            assert!(message.contains(expected), "{message}");
        }
        assert!(arrow_field(&[]).is_err());
    }

    #[test]
    fn a_guest_cannot_set_the_hosts_metadata() {
        let mut fields = vec![field("a", Wit::Utf8, 0)];
        fields[0].metadata = vec![
            (TYPE_KEY.into(), TYPE_JSON.into()),
            ("unit".into(), "bytes".into()),
        ];
        let arrow = arrow_field(&fields).unwrap();
        assert!(!is_json(&arrow));
        assert_eq!(arrow.metadata().get("unit").unwrap(), "bytes");
    }

    #[test]
    fn types_the_contract_lacks_are_refused() {
        let arrow = Field::new("x", DataType::LargeUtf8, true);
        assert!(
            wit_fields(&arrow)
                .unwrap_err()
                .message
                .contains("`x` is a LargeUtf8")
        );
    }
}
