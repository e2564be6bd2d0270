//! `to*`, `quantity`, `parse_json`, `typeof`.

use serde_json::Value as Json;

use super::Call;
use crate::convert::{document, moment, quantity as decimal, span, text};
use crate::error::{Result, invalid};
use crate::eval::Node;
use crate::ty::Ty;
use crate::value::{QUANTITY_UNIT, Value};

/// Deepest document that `parse_json` reads.
const MAX_DEPTH: usize = 128;

fn conversion(call: Call, to: Ty, refused: &[Ty]) -> Result<Node> {
    let node = call.any(0)?;
    if refused.contains(&node.ty) {
        return invalid(format!("no {to} of {}", node.ty));
    }
    let target = to.clone();
    Ok(Node::strict(to, vec![node], move |values| {
        values
            .first()
            .map_or(Value::Null, |value| convert(value, &target))
    }))
}

/// A scalar as another type; null where it does not convert.
pub fn convert(value: &Value, to: &Ty) -> Value {
    let converted = match (value, to) {
        (Value::Dynamic(json), to) if *to != Ty::Dynamic => Some(document::cast(json, to)),
        (value, Ty::String) => text::of(value).map(Value::Text),
        (Value::Text(text), to) => of_text(text, to),
        (value, Ty::Bool) => match value {
            Value::Bool(value) => Some(Value::Bool(*value)),
            Value::Long(value) => Some(Value::Bool(*value != 0)),
            Value::Real(value) if !value.is_nan() => Some(Value::Bool(*value != 0.0)),
            _ => None,
        },
        (value, Ty::Long) => match value {
            Value::Bool(value) => Some(Value::Long(i64::from(*value))),
            Value::Long(value) => Some(Value::Long(*value)),
            Value::Real(value) => truncated(*value).map(Value::Long),
            Value::Quantity(units) => i64::try_from(units / QUANTITY_UNIT).ok().map(Value::Long),
            _ => None,
        },
        (value, Ty::Real) => match value {
            Value::Bool(value) => Some(Value::Real(if *value { 1.0 } else { 0.0 })),
            Value::Long(value) => Some(Value::Real(*value as f64)),
            Value::Real(value) => Some(Value::Real(*value)),
            Value::Quantity(units) => Some(Value::Real(decimal::to_real(*units))),
            _ => None,
        },
        (Value::Datetime(value), Ty::Datetime) => Some(Value::Datetime(*value)),
        (Value::Timespan(value), Ty::Timespan) => Some(Value::Timespan(*value)),
        (value, Ty::Quantity) => match value {
            Value::Long(value) => Some(Value::Quantity(i128::from(*value) * QUANTITY_UNIT)),
            Value::Real(value) => decimal::of_real(*value).map(Value::Quantity),
            Value::Quantity(units) => Some(Value::Quantity(*units)),
            _ => None,
        },
        _ => None,
    };
    converted.unwrap_or(Value::Null)
}

fn of_text(text: &str, to: &Ty) -> Option<Value> {
    let trimmed = text.trim();
    match to {
        Ty::Bool => match trimmed.to_lowercase().as_str() {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => None,
        },
        Ty::Long => trimmed.parse().ok().map(Value::Long),
        Ty::Real => trimmed.parse().ok().map(Value::Real),
        Ty::Datetime => moment::parse(trimmed).map(Value::Datetime),
        Ty::Timespan => span::parse(trimmed).map(Value::Timespan),
        Ty::Quantity => decimal::parse(text).map(Value::Quantity),
        _ => None,
    }
}

fn truncated(value: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    let value = value.trunc();
    (-LIMIT..LIMIT).contains(&value).then_some(value as i64)
}

pub fn tobool(call: Call) -> Result<Node> {
    conversion(call, Ty::Bool, &[Ty::Datetime, Ty::Timespan])
}

pub fn tolong(call: Call) -> Result<Node> {
    conversion(call, Ty::Long, &[Ty::Datetime, Ty::Timespan])
}

pub fn toreal(call: Call) -> Result<Node> {
    conversion(call, Ty::Real, &[Ty::Datetime, Ty::Timespan])
}

pub fn tostring(call: Call) -> Result<Node> {
    conversion(call, Ty::String, &[])
}

pub fn todatetime(call: Call) -> Result<Node> {
    conversion(call, Ty::Datetime, &[Ty::Long, Ty::Real, Ty::Quantity])
}

pub fn totimespan(call: Call) -> Result<Node> {
    conversion(call, Ty::Timespan, &[Ty::Long, Ty::Real, Ty::Quantity])
}

pub fn quantity(call: Call) -> Result<Node> {
    conversion(call, Ty::Quantity, &[Ty::Datetime, Ty::Timespan, Ty::Bool])
}

pub fn parse_json(call: Call) -> Result<Node> {
    let text = call.arg(0, &Ty::String)?;
    Ok(Node::strict(
        Ty::Dynamic,
        vec![text],
        |values| match values {
            [Value::Text(text)] => match serde_json::from_str::<Json>(text) {
                Ok(json) if depth(&json) <= MAX_DEPTH => Value::document(json),
                _ => Value::Null,
            },
            _ => Value::Null,
        },
    ))
}

fn depth(json: &Json) -> usize {
    match json {
        Json::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Json::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

pub fn type_of(call: Call) -> Result<Node> {
    let node = call.any(0)?;
    let name = node.ty.to_string();
    let dynamic = node.ty == Ty::Dynamic;
    Ok(Node::from_values(Ty::String, vec![node], move |values| {
        if !dynamic {
            return Value::Text(name.clone());
        }
        let kind = match values.first() {
            Some(Value::Dynamic(json)) => match json {
                Json::Null => "null",
                Json::Bool(_) => "bool",
                Json::Number(number) if number.is_i64() => "long",
                Json::Number(_) => "real",
                Json::String(_) => "string",
                Json::Array(_) => "list",
                Json::Object(_) => "struct",
            },
            _ => "null",
        };
        Value::Text(kind.to_owned())
    }))
}
