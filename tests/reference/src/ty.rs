//! The types of the language, written from its specification. Owns their names and which two have a common one.

use std::fmt;

use trawl_lang::ast::TypeName;

use crate::error::{Result, invalid};

/// A type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ty {
    /// Of the literal `null` alone.
    Null,
    /// `bool`
    Bool,
    /// `long`
    Long,
    /// `real`
    Real,
    /// `string`
    String,
    /// `datetime`
    Datetime,
    /// `timespan`
    Timespan,
    /// `quantity`
    Quantity,
    /// `dynamic`
    Dynamic,
    /// `list<T>`
    List(Box<Ty>),
    /// `map<string, T>`
    Map(Box<Ty>),
    /// Named fields in order.
    Struct(Vec<(String, Ty)>),
}

impl Ty {
    /// `list<item>`.
    pub fn list(item: Ty) -> Self {
        Self::List(Box::new(item))
    }

    /// The type that a name in a text stands for.
    ///
    /// # Errors
    /// For a name that is no type.
    pub fn named(name: &TypeName) -> Result<Self> {
        match name {
            TypeName::List(item, _) => Ok(Self::list(Self::named(item)?)),
            TypeName::Named(name) => Ok(match name.name.as_str() {
                "bool" => Self::Bool,
                "long" => Self::Long,
                "real" => Self::Real,
                "string" => Self::String,
                "datetime" => Self::Datetime,
                "timespan" => Self::Timespan,
                "quantity" => Self::Quantity,
                "dynamic" => Self::Dynamic,
                other => return invalid(format!("no type {other}")),
            }),
        }
    }

    /// Whether it has parts.
    pub fn is_nested(&self) -> bool {
        matches!(self, Self::List(_) | Self::Map(_) | Self::Struct(_))
    }

    /// Long, real or quantity.
    pub fn is_number(&self) -> bool {
        matches!(self, Self::Long | Self::Real | Self::Quantity)
    }

    /// The one type that values of both become, where a place wants one (comparisons, `iff`, lists, keys).
    pub fn common(&self, other: &Self) -> Option<Self> {
        Some(match (self, other) {
            (a, b) if a == b => a.clone(),
            (Self::Null, b) => b.clone(),
            (a, Self::Null) => a.clone(),
            (Self::Dynamic, b) if !b.is_nested() => b.clone(),
            (a, Self::Dynamic) if !a.is_nested() => a.clone(),
            (a, b) if a.is_number() && b.is_number() => {
                if *a == Self::Quantity || *b == Self::Quantity {
                    Self::Quantity
                } else {
                    Self::Real
                }
            }
            (Self::List(a), Self::List(b)) => Self::list(a.common(b)?),
            _ => return None,
        })
    }
}

impl fmt::Display for Ty {
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
                let fields: Vec<String> = fields
                    .iter()
                    .map(|(name, ty)| format!("{}: {ty}", written(name)))
                    .collect();
                write!(f, "struct<{}>", fields.join(", "))
            }
        }
    }
}

/// A name as a text writes it: in backquotes where it is not plain.
fn written(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || c == '_';
    if name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit()) {
        name.to_owned()
    } else {
        format!("`{name}`")
    }
}
