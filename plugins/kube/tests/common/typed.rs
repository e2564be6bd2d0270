//! Owns what a plain JSON value is as a column's type, written apart from the plugin and its SDK; refuses values that do not fit.

use serde_json::{Map, Value, json};
use trawl_sdk::columns::{parse_duration_ns, parse_rfc3339_ns};
use trawl_sdk::schema::Type;

/// The unscaled value of a quantity, by what its suffix means.
fn quantity(text: &str) -> Value {
    let (digits, nanos) = match text {
        _ if text.ends_with("Ki") => (text.strip_suffix("Ki"), 1_000_000_000 << 10),
        _ if text.ends_with("Mi") => (text.strip_suffix("Mi"), 1_000_000_000 << 20),
        _ if text.ends_with("Gi") => (text.strip_suffix("Gi"), 1_000_000_000 << 30),
        _ if text.ends_with('m') => (text.strip_suffix('m'), 1_000_000),
        _ if text.ends_with('n') => (text.strip_suffix('n'), 1),
        _ => (Some(text), 1_000_000_000_i128),
    };
    let unscaled = digits.unwrap().parse::<i128>().unwrap() * nanos;
    i64::try_from(unscaled).map_or_else(|_| json!(unscaled.to_string()), |value| json!(value))
}

/// What a value is as a type.
pub fn expected(of: &Type, value: &Value) -> Value {
    match (of, value) {
        (Type::Json, value) => value.clone(),
        (Type::Object(fields), Value::Object(members)) => {
            let part = |(name, of): &(String, Type)| {
                let member = members.get(name).unwrap_or(&Value::Null);
                (name.clone(), expected(of, member))
            };
            Value::Object(fields.iter().map(part).collect::<Map<_, _>>())
        }
        (Type::Map(of), Value::Object(members)) => {
            let part = |(name, member): (&String, &Value)| (name.clone(), expected(of, member));
            Value::Object(members.iter().map(part).collect::<Map<_, _>>())
        }
        (Type::List(of), Value::Array(items)) => items.iter().map(|v| expected(of, v)).collect(),
        (Type::Utf8, Value::String(_))
        | (Type::Int64, Value::Number(_))
        | (Type::Bool, Value::Bool(_)) => value.clone(),
        (Type::Timestamp, Value::String(text)) => json!(parse_rfc3339_ns(text).unwrap()),
        (Type::Duration, Value::String(text)) => json!(parse_duration_ns(text).unwrap()),
        (Type::Quantity, Value::String(text)) => quantity(text),
        (_, Value::Null) => Value::Null,
        (of, value) => panic!("{value} is no {of}"),
    }
}
