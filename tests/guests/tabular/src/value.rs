//! Values of the table, with one order for sorting and for groups. Refuses to cast.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::Value as Json;
use trawl_sdk::Error;
use trawl_sdk::columns::{ColumnBuilder, Scalar, parse_duration_ns, parse_rfc3339_ns};
use trawl_sdk::types::{Column, PathStep};

/// A value.
#[derive(Debug, Clone)]
pub enum Value {
    /// No value.
    Null,
    /// A truth value.
    Bool(bool),
    /// A long.
    Long(i64),
    /// A sum of longs or timespans.
    Wide(i128),
    /// A real.
    Real(f64),
    /// A text.
    Text(String),
    /// Nanoseconds since the epoch.
    Time(i64),
    /// Nanoseconds.
    Span(i64),
    /// Texts to texts.
    Map(BTreeMap<String, String>),
}

/// A row of the table.
#[derive(Debug)]
pub struct Row(BTreeMap<String, Value>);

impl Row {
    /// A row as the configuration writes it.
    pub fn read(row: &BTreeMap<String, Json>) -> Self {
        let values = row.iter().map(|(name, json)| {
            let value = Value::read(name, json).unwrap_or(Value::Null);
            (name.clone(), value)
        });
        Self(values.collect())
    }

    /// The value of a column, or of a key of one.
    pub fn get(&self, column: &Column) -> Value {
        let value = self.0.get(&column.name).cloned().unwrap_or(Value::Null);
        match (value, column.path.as_slice()) {
            (value, []) => value,
            (Value::Map(map), [PathStep::Key(key)]) => {
                map.get(key).cloned().map_or(Value::Null, Value::Text)
            }
            _ => Value::Null,
        }
    }
}

impl Value {
    fn read(column: &str, json: &Json) -> Option<Self> {
        Some(match column {
            "b" => Self::Bool(json.as_bool()?),
            "n" => Self::Long(json.as_i64()?),
            "x" => Self::Real(match json {
                Json::String(text) => text.parse().ok()?,
                number => number.as_f64()?,
            }),
            "d" => Self::Span(parse_duration_ns(json.as_str()?)?),
            "ts" => Self::Time(parse_rfc3339_ns(json.as_str()?)?),
            "labels" => Self::Map(
                json.as_object()?
                    .iter()
                    .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
                    .collect(),
            ),
            _ => Self::Text(json.as_str()?.to_owned()),
        })
    }

    /// Whether it is no value.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether it is a real that is no number.
    pub fn is_nan(&self) -> bool {
        matches!(self, Self::Real(real) if real.is_nan())
    }

    /// The order of values of one type; reals by IEEE 754, null before all.
    pub fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Long(a), Self::Long(b))
            | (Self::Time(a), Self::Time(b))
            | (Self::Span(a), Self::Span(b)) => a.cmp(b),
            (Self::Real(a), Self::Real(b)) => a.partial_cmp(b).unwrap_or_else(|| a.total_cmp(b)),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (a, b) => b.is_null().cmp(&a.is_null()),
        }
    }

    /// Appends it to a column.
    ///
    /// # Errors
    /// When a buffer is full.
    pub fn append(&self, column: &mut ColumnBuilder) -> Result<(), Error> {
        let text;
        let scalar = match self {
            Self::Null => Scalar::Null,
            Self::Bool(it) => Scalar::Bool(*it),
            Self::Long(it) => Scalar::Int(*it),
            Self::Real(it) => Scalar::Float(*it),
            Self::Text(it) => Scalar::Str(it),
            Self::Time(it) => Scalar::TimestampNs(*it),
            Self::Wide(it) => {
                text = it.to_string();
                Scalar::Str(&text)
            }
            Self::Span(it) => {
                text = format!("{it}ns");
                Scalar::Str(&text)
            }
            Self::Map(map) => {
                let entries = map.iter();
                let entries = entries.map(|(key, value)| (key.as_str(), Scalar::Str(value)));
                return column.append_map(entries);
            }
        };
        column.append(scalar)
    }
}
