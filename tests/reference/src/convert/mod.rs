//! Conversions between values: what is implicit, and what `to*()` and texts need. One kind a file.

pub mod document;
pub mod moment;
pub mod quantity;
pub mod regexes;
pub mod span;
pub mod text;

use crate::ty::Ty;
use crate::value::{QUANTITY_UNIT, Value};

/// A value of one type as another that it may become without a function; null where it does not fit.
pub fn implicit(value: Value, to: &Ty) -> Value {
    match (value, to) {
        (Value::Null, _) => Value::Null,
        (Value::Long(value), Ty::Real) => Value::Real(value as f64),
        (Value::Long(value), Ty::Quantity) => Value::Quantity(i128::from(value) * QUANTITY_UNIT),
        (Value::Real(value), Ty::Quantity) => {
            quantity::of_real(value).map_or(Value::Null, Value::Quantity)
        }
        (Value::Quantity(value), Ty::Real) => Value::Real(quantity::to_real(value)),
        (Value::Dynamic(json), to) if *to != Ty::Dynamic => document::cast(&json, to),
        (Value::Text(text), Ty::Datetime) => {
            moment::parse(&text).map_or(Value::Null, Value::Datetime)
        }
        (Value::Text(text), Ty::Timespan) => {
            span::parse(&text).map_or(Value::Null, Value::Timespan)
        }
        (Value::Text(text), Ty::Quantity) => {
            quantity::parse(&text).map_or(Value::Null, Value::Quantity)
        }
        (Value::List(items), Ty::List(item)) => {
            Value::List(items.into_iter().map(|i| implicit(i, item)).collect())
        }
        (Value::Bag(items), Ty::List(item)) => {
            Value::Bag(items.into_iter().map(|i| implicit(i, item)).collect())
        }
        (value, _) => value,
    }
}
