//! Values, one by one. Owns their equality inside sets and groups, and their order; knows no columns.

use std::cmp::Ordering;

use serde_json::Value as Json;

/// Units of a quantity in one: it is kept as a whole number of 10^-9.
pub const QUANTITY_UNIT: i128 = 1_000_000_000;

/// A value of the language.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value, of any type.
    Null,
    /// `bool`
    Bool(bool),
    /// `long`
    Long(i64),
    /// `real`
    Real(f64),
    /// `string`
    Text(String),
    /// `datetime`, nanoseconds since the Unix epoch.
    Datetime(i64),
    /// `timespan`, nanoseconds.
    Timespan(i64),
    /// `quantity`, in units of 10^-9.
    Quantity(i128),
    /// `dynamic`; never a JSON null, which is [`Value::Null`].
    Dynamic(Json),
    /// `list<T>`
    List(Vec<Value>),
    /// Entries of a map, in the order they stand.
    Map(Vec<(String, Value)>),
    /// Fields of a struct, in order.
    Struct(Vec<(String, Value)>),
    /// A list whose order is left open (`make_list`).
    Bag(Vec<Value>),
    /// Any of these is right (`take_any`, a tie in `arg_max`). Only a result holds it: nothing can be computed from it.
    AnyOf(Vec<Value>),
}

impl Value {
    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// A JSON document as a value: null is null.
    pub fn document(json: Json) -> Self {
        if json.is_null() {
            Self::Null
        } else {
            Self::Dynamic(json)
        }
    }

    /// Whether it is a real that is not a number.
    pub fn is_nan(&self) -> bool {
        matches!(self, Self::Real(value) if value.is_nan())
    }

    /// The items of a list, in whatever order.
    pub fn items(&self) -> Option<&[Value]> {
        match self {
            Self::List(items) | Self::Bag(items) => Some(items),
            _ => None,
        }
    }
}

/// Equality inside sets and groups: null equals null, NaN equals NaN, -0.0 equals 0.0.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Real(a), Value::Real(b)) => a == b || a.is_nan() && b.is_nan(),
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Struct(a), Value::Struct(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && same(&a.1, &b.1))
        }
        // The order of a map's entries is part of no value.
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, value)| b.iter().any(|(k, v)| k == key && same(v, value)))
        }
        (a, b) => a == b,
    }
}

/// Whether the values of two rows are the same, one by one.
pub fn same_all(a: &[Value], b: &[Value]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
}

/// The order of two numbers, times, texts or documents that are not null and not NaN; `None` for what has no order.
pub fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Long(a), Value::Long(b))
        | (Value::Datetime(a), Value::Datetime(b))
        | (Value::Timespan(a), Value::Timespan(b)) => Some(a.cmp(b)),
        (Value::Real(a), Value::Real(b)) => a.partial_cmp(b),
        (Value::Text(a), Value::Text(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        (Value::Quantity(a), Value::Quantity(b)) => Some(a.cmp(b)),
        (Value::Dynamic(a), Value::Dynamic(b)) => Some(document_order(a, b)),
        _ => None,
    }
}

/// bool < number < string < the rest by text.
fn document_order(a: &Json, b: &Json) -> Ordering {
    let kind = |json: &Json| match json {
        Json::Null => 0,
        Json::Bool(_) => 1,
        Json::Number(_) => 2,
        Json::String(_) => 3,
        Json::Array(_) | Json::Object(_) => 4,
    };
    match (a, b) {
        (Json::Bool(a), Json::Bool(b)) => a.cmp(b),
        (Json::Number(a), Json::Number(b)) => a
            .as_f64()
            .partial_cmp(&b.as_f64())
            .unwrap_or(Ordering::Equal),
        (Json::String(a), Json::String(b)) => a.as_bytes().cmp(b.as_bytes()),
        _ if kind(a) != kind(b) => kind(a).cmp(&kind(b)),
        _ => a.to_string().as_bytes().cmp(b.to_string().as_bytes()),
    }
}

/// The order of a sort: numbers as they are, then NaN, then null, the last two in both directions.
pub fn sort_order(a: &Value, b: &Value, descending: bool) -> Ordering {
    let last = |value: &Value| match value {
        Value::Null => 2,
        value if value.is_nan() => 1,
        _ => 0,
    };
    if last(a) != 0 || last(b) != 0 {
        return last(a).cmp(&last(b));
    }
    let order = order(a, b).unwrap_or(Ordering::Equal);
    if descending { order.reverse() } else { order }
}

/// The different values, in order of first appearance.
pub fn different(values: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    for value in values {
        if !found.iter().any(|known| same(known, &value)) {
            found.push(value);
        }
    }
    found
}
