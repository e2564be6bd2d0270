//! Owns the builders of schemas, tables and parameters; refuses values.

mod text;

pub use text::TypeTextError;

use crate::types::{
    Column, DataType, DecimalType, Field, Param, PathStep, Schema, TimeUnit, TimestampType,
};

/// Key of a JSON field's metadata: what is known of its documents, as a type of the query language.
///
/// [`ColumnSpec::shape`] sets it, [`Type`] writes (`to_string`) and reads (`parse`) it. With it the language tells a misspelt
/// field, and knows without being told that a path is a quantity or a time.
pub const SHAPE_KEY: &str = "shape";

/// A column's type, as a tree; the contract's pre-order list is made from it.
#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    /// Truth value.
    Bool,
    /// 8-bit unsigned integer.
    Uint8,
    /// 64-bit signed integer, the language's `long`.
    Int64,
    /// 64-bit real.
    Float64,
    /// Text.
    Utf8,
    /// One JSON document a row.
    Json,
    /// Nanoseconds since the epoch, UTC: the language's `datetime`.
    Timestamp,
    /// Nanoseconds: the language's `timespan`.
    Duration,
    /// Decimal128(38, 9): the language's `quantity`.
    Quantity,
    /// A list of items.
    List(Box<Type>),
    /// Named fields.
    Object(Vec<(String, Type)>),
    /// Texts to values.
    Map(Box<Type>),
}

impl Type {
    /// A list of `item`.
    pub fn list(item: Self) -> Self {
        Self::List(Box::new(item))
    }

    /// A map from text to `value`.
    pub fn map(value: Self) -> Self {
        Self::Map(Box::new(value))
    }

    /// An object with `fields`.
    pub fn object<const N: usize>(fields: [(&str, Self); N]) -> Self {
        Self::Object(fields.into_iter().map(|(n, t)| (n.to_owned(), t)).collect())
    }

    /// The contract's type, without children.
    pub fn data_type(&self) -> DataType {
        match self {
            Self::Bool => DataType::Boolean,
            Self::Uint8 => DataType::Uint8,
            Self::Int64 => DataType::Int64,
            Self::Float64 => DataType::Float64,
            Self::Utf8 => DataType::Utf8,
            Self::Json => DataType::Json,
            Self::Timestamp => DataType::Timestamp(TimestampType {
                unit: TimeUnit::Nanosecond,
                zone: Some("UTC".into()),
            }),
            Self::Duration => DataType::Duration(TimeUnit::Nanosecond),
            Self::Quantity => DataType::Decimal128(DecimalType {
                precision: 38,
                scale: 9,
            }),
            Self::List(_) => DataType::Array,
            Self::Object(_) => DataType::Object,
            Self::Map(_) => DataType::Dictionary,
        }
    }

    fn flatten(&self, name: &str, nullable: bool, description: &str, into: &mut Vec<Field>) {
        let children: Vec<(&str, bool, &Self)> = match self {
            Self::List(item) => vec![("item", true, item)],
            Self::Map(value) => vec![("key", false, &Self::Utf8), ("value", true, value)],
            Self::Object(fields) => fields.iter().map(|(n, t)| (n.as_str(), true, t)).collect(),
            _ => Vec::new(),
        };
        into.push(Field {
            name: name.to_owned(),
            data_type: self.data_type(),
            nullable,
            children: u32::try_from(children.len()).unwrap_or(u32::MAX),
            description: (!description.is_empty()).then(|| description.to_owned()),
            metadata: Vec::new(),
        });
        for (name, nullable, of) in children {
            of.flatten(name, nullable, "", into);
        }
    }
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnSpec {
    name: String,
    of: Type,
    description: String,
    nullable: bool,
    shape: Option<String>,
}

/// A nullable column; see [`ColumnSpec::not_null`].
pub fn column(name: &str, of: Type, description: &str) -> ColumnSpec {
    ColumnSpec {
        name: name.to_owned(),
        of,
        description: description.to_owned(),
        nullable: true,
        shape: None,
    }
}

impl ColumnSpec {
    /// Promises that every row has a value.
    #[must_use]
    pub fn not_null(mut self) -> Self {
        self.nullable = false;
        self
    }

    /// Says what is known of a JSON column's documents, as a type of the query language: `struct<phase: string>`.
    ///
    /// A struct lists every field that may occur; where anything may stand, `dynamic` says so. It is no promise about values:
    /// what does not fit the type it is asked as is null.
    #[must_use]
    pub fn shape(mut self, text: &str) -> Self {
        self.shape = Some(text.to_owned());
        self
    }

    /// The contract's fields, in pre-order.
    pub fn into_fields(self) -> Vec<Field> {
        let mut fields = Vec::new();
        self.of
            .flatten(&self.name, self.nullable, &self.description, &mut fields);
        if let Some((root, shape)) = fields.first_mut().zip(self.shape) {
            root.metadata.push((SHAPE_KEY.to_owned(), shape));
        }
        fields
    }
}

/// A schema of columns.
pub fn schema(columns: impl IntoIterator<Item = ColumnSpec>) -> Schema {
    Schema {
        fields: columns
            .into_iter()
            .flat_map(ColumnSpec::into_fields)
            .collect(),
    }
}

/// The schema that a request's projection asks for: what every plan answers.
pub fn projected(projection: &[Column]) -> Schema {
    Schema {
        fields: projection
            .iter()
            .flat_map(|column| column.output.iter().cloned())
            .collect(),
    }
}

/// A projection without descriptions and metadata, which a partition's token need not carry: its size is limited.
pub fn undescribed(projection: &[Column]) -> Vec<Column> {
    let bare = |field: &Field| Field {
        description: None,
        metadata: Vec::new(),
        ..field.clone()
    };
    projection
        .iter()
        .map(|column| Column {
            output: column.output.iter().map(bare).collect(),
            ..column.clone()
        })
        .collect()
}

/// A request's column without a path, for tests and for derived requests.
pub fn request_column(name: &str, of: Type) -> Column {
    request_path(name, Vec::new(), of)
}

/// A request's column with a path below it.
pub fn request_path(name: &str, path: Vec<PathStep>, of: Type) -> Column {
    Column {
        name: name.to_owned(),
        path,
        output: column(name, of, "").into_fields(),
    }
}

/// A declared argument of a table.
pub fn param(name: &str, of: &Type, required: bool, positional: bool, description: &str) -> Param {
    Param {
        name: name.to_owned(),
        data_type: of.data_type(),
        required,
        positional,
        description: Some(description.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_in_pre_order() {
        let fields = schema([
            column("m", Type::map(Type::list(Type::Int64)), "a map").not_null(),
            column("x", Type::Utf8, ""),
        ])
        .fields;
        let seen: Vec<_> = fields
            .iter()
            .map(|f| (f.name.as_str(), f.children, f.nullable))
            .collect();
        assert_eq!(
            seen,
            [
                ("m", 2, false),
                ("key", 0, false),
                ("value", 1, true),
                ("item", 0, true),
                ("x", 0, true)
            ]
        );
        assert_eq!(fields[0].description.as_deref(), Some("a map"));
        assert_eq!(fields[4].description, None);
    }

    #[test]
    fn a_shape_is_metadata_of_the_root() {
        let of = Type::object([("a", Type::Utf8)]);
        let fields = column("doc", Type::Json, "")
            .shape(&of.to_string())
            .into_fields();
        let expected = (SHAPE_KEY.to_owned(), "struct<a: string>".to_owned());
        assert_eq!(fields[0].metadata, [expected]);
        assert_eq!(fields.len(), 1);
        assert!(
            column("doc", Type::Json, "").into_fields()[0]
                .metadata
                .is_empty()
        );
    }
}
