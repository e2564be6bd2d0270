//! JSON documents to scalars: the cast table of the language, and lists inside documents.

use serde_json::Value as Json;

use super::{moment, quantity, span};
use crate::ty::Ty;
use crate::value::Value;

/// A document as a scalar; null where it is not one of that type.
pub fn cast(json: &Json, to: &Ty) -> Value {
    let cast = match to {
        Ty::Bool => match json {
            Json::Bool(value) => Some(Value::Bool(*value)),
            Json::String(text) if text == "true" => Some(Value::Bool(true)),
            Json::String(text) if text == "false" => Some(Value::Bool(false)),
            _ => None,
        },
        Ty::Long => match json {
            Json::Number(number) => number
                .as_i64()
                .or_else(|| whole(number.as_f64()?))
                .map(Value::Long),
            Json::String(text) => text.parse().ok().map(Value::Long),
            _ => None,
        },
        Ty::Real => match json {
            Json::Number(number) => number.as_f64().map(Value::Real),
            Json::String(text) => text.parse().ok().map(Value::Real),
            _ => None,
        },
        Ty::String => Some(Value::Text(text(json))),
        Ty::Datetime => json.as_str().and_then(moment::parse).map(Value::Datetime),
        Ty::Timespan => json.as_str().and_then(span::parse).map(Value::Timespan),
        Ty::Quantity => match json {
            Json::Number(number) => quantity::parse(&number.to_string()).map(Value::Quantity),
            Json::String(text) => quantity::parse(text).map(Value::Quantity),
            _ => None,
        },
        _ => None,
    };
    if json.is_null() {
        return Value::Null;
    }
    cast.unwrap_or(Value::Null)
}

/// A string is its text, anything else its compact JSON.
pub fn text(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The items of a document that is an array.
pub fn items(json: &Json) -> Option<Vec<Value>> {
    let items = json.as_array()?;
    Some(items.iter().cloned().map(Value::document).collect())
}

/// A JSON number such as `3.0` or `1e3` that is a whole number of 64 bits.
fn whole(value: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    (value.fract() == 0.0 && (-LIMIT..LIMIT).contains(&value)).then_some(value as i64)
}
