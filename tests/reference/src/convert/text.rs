//! Any value as text, as `tostring` writes it, and the JSON form of nested ones.

use serde_json::{Map, Value as Json};

use super::{document, moment, quantity, span};
use crate::value::Value;

/// The text of a value; `None` for null.
pub fn of(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(value) => value.to_string(),
        Value::Long(value) => value.to_string(),
        Value::Real(value) => value.to_string(),
        Value::Text(text) => text.clone(),
        Value::Datetime(value) => moment::format(*value),
        Value::Timespan(value) => span::format(*value),
        Value::Quantity(value) => quantity::format(*value),
        Value::Dynamic(json) => document::text(json),
        nested => json(nested).to_string(),
    })
}

/// A value as JSON, for the text of lists, maps and structs.
pub fn json(value: &Value) -> Json {
    match value {
        Value::Null | Value::AnyOf(_) => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Long(value) => Json::from(*value),
        Value::Real(value) => Json::from(*value),
        Value::Dynamic(json) => json.clone(),
        Value::List(items) | Value::Bag(items) => Json::Array(items.iter().map(json).collect()),
        Value::Map(entries) | Value::Struct(entries) => Json::Object(
            entries
                .iter()
                .map(|(name, value)| (name.clone(), json(value)))
                .collect::<Map<_, _>>(),
        ),
        scalar => Json::from(of(scalar).unwrap_or_default()),
    }
}
