//! The language's types. Owns `Type`, its names and its Arrow form; the binder trusts these and never DataFusion's coercion.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, TimeUnit};
use serde::{Deserialize, Serialize};

/// Precision and scale of `quantity`: 29 digits before the point hold any Kubernetes quantity, 9 after it hold a nanocore.
pub const QUANTITY_PRECISION: u8 = 38;
/// Digits of a `quantity` after the point.
pub const QUANTITY_SCALE: i8 = 9;

/// A type of the language.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Type {
    /// The type of the literal `null` alone; it fits everywhere.
    Null,
    /// `bool`
    Bool,
    /// `long`: 64-bit signed.
    Long,
    /// `real`: 64-bit floating point.
    Real,
    /// `string`: UTF-8.
    String,
    /// `datetime`: nanoseconds since the Unix epoch, UTC.
    Datetime,
    /// `timespan`: nanoseconds.
    Timespan,
    /// `quantity`: an exact decimal, for Kubernetes' resource quantities.
    Quantity,
    /// `dynamic`: one JSON document a value, for the schema-less parts only.
    Dynamic,
    /// `list<T>`
    List(Box<Type>),
    /// A map from string to T, as sources give for labels.
    Map(Box<Type>),
    /// Named fields, as sources and `join … as` give.
    Struct(Vec<(String, Type)>),
}

impl Type {
    /// The type that a name in a query stands for, as in `param x: long`.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "bool" => Self::Bool,
            "long" => Self::Long,
            "real" => Self::Real,
            "string" => Self::String,
            "datetime" => Self::Datetime,
            "timespan" => Self::Timespan,
            "quantity" => Self::Quantity,
            "dynamic" => Self::Dynamic,
            _ => return None,
        })
    }

    /// The names that [`Type::named`] knows, for suggestions.
    pub const NAMES: [&'static str; 8] = [
        "bool", "long", "real", "string", "datetime", "timespan", "quantity", "dynamic",
    ];

    /// How values of this type lie in Arrow.
    pub fn arrow(&self) -> DataType {
        match self {
            Self::Null => DataType::Null,
            Self::Bool => DataType::Boolean,
            Self::Long => DataType::Int64,
            Self::Real => DataType::Float64,
            Self::String | Self::Dynamic => DataType::Utf8,
            Self::Datetime => DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
            Self::Timespan => DataType::Duration(TimeUnit::Nanosecond),
            Self::Quantity => DataType::Decimal128(QUANTITY_PRECISION, QUANTITY_SCALE),
            Self::List(item) => DataType::List(Arc::new(Field::new("item", item.arrow(), true))),
            Self::Map(value) => {
                let entries = Fields::from(vec![
                    Field::new("key", DataType::Utf8, false),
                    Field::new("value", value.arrow(), true),
                ]);
                DataType::Map(
                    Arc::new(Field::new("entries", DataType::Struct(entries), false)),
                    false,
                )
            }
            Self::Struct(fields) => DataType::Struct(
                fields
                    .iter()
                    .map(|(name, ty)| Field::new(name, ty.arrow(), true))
                    .collect(),
            ),
        }
    }

    /// It without the parts of its structs, for messages: `list<struct>`.
    pub fn outline(&self) -> String {
        match self {
            Self::List(item) => format!("list<{}>", item.outline()),
            Self::Map(value) => format!("map<string, {}>", value.outline()),
            Self::Struct(_) => "struct".to_owned(),
            other => other.to_string(),
        }
    }

    /// Whether arithmetic takes it as a number.
    pub fn is_number(&self) -> bool {
        matches!(self, Self::Long | Self::Real | Self::Quantity)
    }

    /// Whether it is one value of a known type.
    pub fn is_scalar(&self) -> bool {
        !self.is_nested() && !matches!(self, Self::Dynamic | Self::Null)
    }

    /// Whether it has fields or items rather than one value.
    pub fn is_nested(&self) -> bool {
        matches!(self, Self::List(_) | Self::Map(_) | Self::Struct(_))
    }

    /// Whether a text literal stands for a value of this type where one is expected, as in `created > "2026-01-31"`.
    pub fn is_written_as_text(&self) -> bool {
        matches!(self, Self::Datetime | Self::Timespan | Self::Quantity)
    }

    /// The type that both fit in without loss, if there is one; it decides comparisons, `iff`, `coalesce` and join keys.
    pub fn common(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (a, b) if a == b => Some(a.clone()),
            (Self::Null, other) | (other, Self::Null) => Some(other.clone()),
            (Self::Dynamic, other) | (other, Self::Dynamic) if !other.is_nested() => {
                Some(other.clone())
            }
            (Self::Long, Self::Real) | (Self::Real, Self::Long) => Some(Self::Real),
            (Self::List(a), Self::List(b)) => Some(Self::List(Box::new(a.common(b)?))),
            (Self::Quantity, b) if b.is_number() => Some(Self::Quantity),
            (a, Self::Quantity) if a.is_number() => Some(Self::Quantity),
            _ => None,
        }
    }
}

/// Whether a field's name can stand without backticks.
fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool => f.write_str("bool"),
            Self::Long => f.write_str("long"),
            Self::Real => f.write_str("real"),
            Self::String => f.write_str("string"),
            Self::Datetime => f.write_str("datetime"),
            Self::Timespan => f.write_str("timespan"),
            Self::Quantity => f.write_str("quantity"),
            Self::Dynamic => f.write_str("dynamic"),
            Self::List(item) => write!(f, "list<{item}>"),
            Self::Map(value) => write!(f, "map<string, {value}>"),
            Self::Struct(fields) => {
                f.write_str("struct<")?;
                for (i, (name, ty)) in fields.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    if is_plain(name) {
                        write!(f, "{name}: {ty}")?;
                    } else {
                        write!(f, "`{name}`: {ty}")?;
                    }
                }
                f.write_str(">")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_name_is_a_type_that_prints_its_name() {
        for name in Type::NAMES {
            assert_eq!(Type::named(name).unwrap().to_string(), name);
        }
        assert_eq!(Type::named("int"), None);
    }

    #[test]
    fn common_types_widen_and_never_mix_kinds() {
        assert_eq!(Type::Long.common(&Type::Real), Some(Type::Real));
        assert_eq!(Type::Quantity.common(&Type::Long), Some(Type::Quantity));
        assert_eq!(Type::Dynamic.common(&Type::String), Some(Type::String));
        assert_eq!(Type::Long.common(&Type::String), None);
        assert_eq!(Type::Quantity.common(&Type::Timespan), None);
    }

    #[test]
    fn lists_have_the_common_type_of_their_items() {
        let list = |item| Type::List(Box::new(item));
        assert_eq!(
            list(Type::Null).common(&list(Type::Long)),
            Some(list(Type::Long))
        );
        assert_eq!(
            list(list(Type::Long)).common(&list(list(Type::Real))),
            Some(list(list(Type::Real)))
        );
        assert_eq!(list(Type::Long).common(&list(Type::String)), None);
        assert_eq!(list(Type::Long).common(&Type::Long), None);
    }
}
