//! Owns the types that a field of a row can have: the column's type of each, and how a value goes into it. Refuses types whose values
//! a column could not hold all of, such as `u64`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::value::RawValue;

use crate::columns::{ColumnBuilder, Scalar};
use crate::json::append_path;
use crate::schema::Type;
use crate::types::PathStep;
use crate::{Error, Timestamp};

/// A type of a field of a row.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no type of a column",
    label = "no type of a column",
    note = "columns are bool, i64 (and smaller integers), f64, String, Timestamp, Duration, serde_json::Value, and Option, Vec and \
            BTreeMap<String, _> of these; `#[column(skip)]` leaves a field out"
)]
pub trait Value {
    /// Whether a value may be null.
    const NULLABLE: bool = false;

    /// The column's type.
    fn column_type() -> Type;

    /// As one value, where it is one; none for lists, maps and documents.
    fn scalar(&self) -> Option<Scalar<'_>> {
        None
    }

    /// As JSON, for columns that ask for a part of it or for another form of it.
    fn json(&self) -> serde_json::Value;

    /// Appends the value, or what the path selects in it, to a column; null where there is nothing.
    ///
    /// # Errors
    /// When a buffer is full, or a JSON value is none.
    fn append(&self, column: &mut ColumnBuilder, path: &[PathStep]) -> Result<(), Error> {
        match (self.scalar(), path) {
            (Some(scalar), []) => column.append(scalar),
            (Some(_), _) => column.append_null(),
            (None, path) => append_path(column, &self.json().to_string(), path),
        }
    }
}

macro_rules! scalars {
    ($($of:ty => $type:ident, |$value:ident| $scalar:expr, $json:expr;)*) => {$(
        impl Value for $of {
            fn column_type() -> Type {
                Type::$type
            }

            fn scalar(&self) -> Option<Scalar<'_>> {
                let $value = self;
                Some($scalar)
            }

            fn json(&self) -> serde_json::Value {
                let $value = self;
                serde_json::Value::from($json)
            }
        }
    )*};
}

scalars! {
    bool => Bool, |it| Scalar::Bool(*it), *it;
    i64 => Int64, |it| Scalar::Int(*it), *it;
    i32 => Int64, |it| Scalar::Int(i64::from(*it)), *it;
    i16 => Int64, |it| Scalar::Int(i64::from(*it)), *it;
    u32 => Int64, |it| Scalar::Int(i64::from(*it)), *it;
    u16 => Int64, |it| Scalar::Int(i64::from(*it)), *it;
    u8 => Int64, |it| Scalar::Int(i64::from(*it)), *it;
    f64 => Float64, |it| Scalar::Float(*it), *it;
    f32 => Float64, |it| Scalar::Float(f64::from(*it)), f64::from(*it);
    String => Utf8, |it| Scalar::Str(it), it.as_str();
    Timestamp => Timestamp, |it| Scalar::TimestampNs(it.ns()), it.to_string();
    Duration => Duration, |it| Scalar::DurationNs(span_ns(*it)), format!("{}ns", span_ns(*it));
}

/// The longest span is 292 years.
fn span_ns(span: Duration) -> i64 {
    i64::try_from(span.as_nanos()).unwrap_or(i64::MAX)
}

impl<T: Value> Value for Option<T> {
    const NULLABLE: bool = true;

    fn column_type() -> Type {
        T::column_type()
    }

    fn scalar(&self) -> Option<Scalar<'_>> {
        match self {
            Some(value) => value.scalar(),
            None => Some(Scalar::Null),
        }
    }

    fn json(&self) -> serde_json::Value {
        self.as_ref().map_or(serde_json::Value::Null, T::json)
    }

    fn append(&self, column: &mut ColumnBuilder, path: &[PathStep]) -> Result<(), Error> {
        match self {
            Some(value) => value.append(column, path),
            None => column.append_null(),
        }
    }
}

impl<T: Value> Value for Vec<T> {
    fn column_type() -> Type {
        Type::list(T::column_type())
    }

    fn json(&self) -> serde_json::Value {
        self.iter().map(T::json).collect()
    }

    fn append(&self, column: &mut ColumnBuilder, path: &[PathStep]) -> Result<(), Error> {
        match path {
            [] if column.is_list() => {
                column.append_list(self.len(), |item, index| match self.get(index) {
                    Some(value) => value.append(item, &[]),
                    None => item.append_null(),
                })
            }
            path => append_path(column, &self.json().to_string(), path),
        }
    }
}

impl<T: Value> Value for BTreeMap<String, T> {
    fn column_type() -> Type {
        Type::map(T::column_type())
    }

    fn json(&self) -> serde_json::Value {
        let members = self.iter().map(|(key, value)| (key.clone(), value.json()));
        serde_json::Value::Object(members.collect())
    }

    fn append(&self, column: &mut ColumnBuilder, path: &[PathStep]) -> Result<(), Error> {
        match path {
            // The common way to one label costs no document.
            [PathStep::Key(key), rest @ ..] => match self.get(key) {
                Some(value) => value.append(column, rest),
                None => column.append_null(),
            },
            [] if column.is_map() => {
                // Values of a map are scalars or documents.
                let documents: Vec<Option<String>> = self
                    .values()
                    .map(|value| value.scalar().is_none().then(|| value.json().to_string()))
                    .collect();
                let entries = self.iter().zip(&documents);
                column.append_map(entries.map(|((key, value), document)| {
                    let scalar = match document {
                        Some(text) => Scalar::Json(text),
                        None => value.scalar().unwrap_or(Scalar::Null),
                    };
                    (key.as_str(), scalar)
                }))
            }
            path => append_path(column, &self.json().to_string(), path),
        }
    }
}

impl Value for serde_json::Value {
    const NULLABLE: bool = true;

    fn column_type() -> Type {
        Type::Json
    }

    fn json(&self) -> serde_json::Value {
        self.clone()
    }

    fn append(&self, column: &mut ColumnBuilder, path: &[PathStep]) -> Result<(), Error> {
        match path {
            [] => column.append_own_json(&self.to_string()),
            path => append_path(column, &self.to_string(), path),
        }
    }
}

/// JSON as it came: numbers keep all their digits, and nothing is decoded that no column asks for.
impl Value for Box<RawValue> {
    const NULLABLE: bool = true;

    fn column_type() -> Type {
        Type::Json
    }

    fn json(&self) -> serde_json::Value {
        // A RawValue is JSON already.
        serde_json::from_str(self.get()).unwrap_or_default()
    }

    fn append(&self, column: &mut ColumnBuilder, path: &[PathStep]) -> Result<(), Error> {
        match path {
            [] => column.append_own_json(self.get()),
            path => append_path(column, self.get(), path),
        }
    }
}
