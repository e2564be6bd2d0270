//! Between the contract's types and the language's: what a table's columns are, and what to ask for.

use std::sync::Arc;

use arrow::datatypes::DataType;
use trawl_host::types;
use trawl_plan::types::{QUANTITY_PRECISION, QUANTITY_SCALE};
use trawl_plan::{Column, Type};

use crate::error::Error;

/// Key of the field metadata by which the host marks text that is JSON.
const TYPE_METADATA: &str = "trawl.type";

/// Key of the metadata by which a source says what is known of a column's documents, as a type of the language.
const SHAPE_METADATA: &str = "shape";

/// A column of a table with the contract's own description of it.
#[derive(Debug, Clone)]
pub struct SourceColumn {
    /// As the planner sees it.
    pub column: Column,
    /// Its field and the subtree below, in pre-order: what to ask for when the whole column is wanted.
    pub fields: Vec<types::Field>,
}

/// The columns of a table.
///
/// # Errors
/// When the schema is malformed.
pub fn columns(schema: &types::Schema) -> Result<Vec<SourceColumn>, Error> {
    let arrow =
        trawl_host::arrow_schema(schema).map_err(|error| Error::Internal(error.to_string()))?;
    let mut fields = schema.fields.as_slice();
    let mut columns = Vec::with_capacity(arrow.fields().len());
    for field in arrow.fields() {
        let (own, rest) = fields
            .split_at_checked(subtree(fields))
            .unwrap_or((fields, &[]));
        fields = rest;
        let json = field
            .metadata()
            .get(TYPE_METADATA)
            .is_some_and(|kind| kind == "json");
        columns.push(SourceColumn {
            column: Column {
                name: field.name().clone(),
                ty: if json {
                    Type::Dynamic
                } else {
                    language_type(field.data_type())
                },
                nullable: field.is_nullable(),
                description: own.first().and_then(|field| field.description.clone()),
                shape: own.first().map(shape).transpose()?.flatten(),
            },
            fields: own.to_vec(),
        });
    }
    Ok(columns)
}

/// What a source says of the documents of a field.
fn shape(field: &types::Field) -> Result<Option<Arc<Type>>, Error> {
    let Some((_, text)) = field.metadata.iter().find(|(key, _)| key == SHAPE_METADATA) else {
        return Ok(None);
    };
    match trawl_plan::parse_type(text) {
        Ok(ty) => Ok(Some(Arc::new(ty))),
        Err(error) => Err(Error::Internal(format!(
            "the shape of the column `{}` is not a type: {error}; report it to the plugin's author",
            field.name
        ))),
    }
}

/// How many fields the first one and everything below it take.
fn subtree(fields: &[types::Field]) -> usize {
    let mut open = 1_usize;
    let mut taken = 0_usize;
    for field in fields {
        if open == 0 {
            break;
        }
        taken += 1;
        open = open - 1 + usize::try_from(field.children).unwrap_or(usize::MAX >> 1);
    }
    taken
}

/// The language's type for a source's; every value of the source's fits, or is null where it does not.
fn language_type(ty: &DataType) -> Type {
    match ty {
        DataType::Null => Type::Null,
        DataType::Boolean => Type::Bool,
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64 => Type::Long,
        DataType::Float16 | DataType::Float32 | DataType::Float64 => Type::Real,
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => Type::Datetime,
        DataType::Duration(_) | DataType::Time32(_) | DataType::Time64(_) => Type::Timespan,
        DataType::Decimal128(..) => Type::Quantity,
        DataType::List(item) => Type::List(Box::new(language_type(item.data_type()))),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(fields) => Type::Map(Box::new(
                fields
                    .get(1)
                    .map_or(Type::String, |value| language_type(value.data_type())),
            )),
            _ => Type::Map(Box::new(Type::String)),
        },
        DataType::Struct(fields) => Type::Struct(
            fields
                .iter()
                .map(|field| (field.name().clone(), language_type(field.data_type())))
                .collect(),
        ),
        _ => Type::String,
    }
}

/// The field that a path is asked as, and those below it, in pre-order.
pub fn path_fields(name: &str, ty: &Type) -> Vec<types::Field> {
    let (data_type, children) = match ty {
        Type::Bool => (types::DataType::Boolean, vec![]),
        Type::Long => (types::DataType::Int64, vec![]),
        Type::Real => (types::DataType::Float64, vec![]),
        Type::Datetime => (
            types::DataType::Timestamp(types::TimestampType {
                unit: types::TimeUnit::Nanosecond,
                zone: Some("UTC".to_owned()),
            }),
            vec![],
        ),
        Type::Timespan => (
            types::DataType::Duration(types::TimeUnit::Nanosecond),
            vec![],
        ),
        Type::Quantity => (
            types::DataType::Decimal128(types::DecimalType {
                precision: QUANTITY_PRECISION,
                scale: QUANTITY_SCALE,
            }),
            vec![],
        ),
        Type::String => (types::DataType::Utf8, vec![]),
        Type::List(item) => (types::DataType::Array, vec![("item", item.as_ref())]),
        Type::Map(value) => (
            types::DataType::Dictionary,
            vec![("key", &Type::String), ("value", value.as_ref())],
        ),
        Type::Struct(fields) => (
            types::DataType::Object,
            fields
                .iter()
                .map(|(name, ty)| (name.as_str(), ty))
                .collect(),
        ),
        Type::Dynamic | Type::Null => (types::DataType::Json, vec![]),
    };
    let key_of_map = |position: usize| matches!(ty, Type::Map(_)) && position == 0;
    let mut fields = vec![types::Field {
        name: name.to_owned(),
        data_type,
        nullable: true,
        children: u32::try_from(children.len()).unwrap_or(u32::MAX),
        description: None,
        metadata: Vec::new(),
    }];
    for (position, (name, ty)) in children.into_iter().enumerate() {
        let mut below = path_fields(name, ty);
        if let Some(field) = below.first_mut() {
            field.nullable = !key_of_map(position);
        }
        fields.extend(below);
    }
    fields
}
