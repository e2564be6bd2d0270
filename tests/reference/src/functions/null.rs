//! Choices and tests of null: `iff`, `case`, `coalesce`, `is*`.

use serde_json::Value as Json;

use super::Call;
use crate::error::{Result, invalid};
use crate::eval::{Node, coerce, unify, unify_all};
use crate::ty::Ty;
use crate::value::Value;

pub fn iff(call: Call) -> Result<Node> {
    let condition = call.arg(0, &Ty::Bool)?;
    let (then, otherwise) = unify(call.any(1)?, call.any(2)?)?;
    let ty = then.ty.clone();
    Ok(Node::from_values(
        ty,
        vec![condition, then, otherwise],
        |values| match values {
            [Value::Bool(true), then, _] => then.clone(),
            [_, _, otherwise] => otherwise.clone(),
            _ => Value::Null,
        },
    ))
}

pub fn case(call: Call) -> Result<Node> {
    if call.len().is_multiple_of(2) || call.len() < 3 {
        return invalid("case takes pairs and an otherwise");
    }
    let mut conditions = Vec::new();
    let mut results = Vec::new();
    for at in 0..call.len() {
        if at % 2 == 0 && at + 1 < call.len() {
            conditions.push(coerce(call.any(at)?, &Ty::Bool)?);
        } else {
            results.push(call.any(at)?);
        }
    }
    let count = conditions.len();
    let (results, ty) = unify_all(results)?;
    conditions.extend(results);
    Ok(Node::from_values(ty, conditions, move |values| {
        let (conditions, results) = values.split_at(count);
        let chosen = conditions
            .iter()
            .position(|condition| *condition == Value::Bool(true))
            .unwrap_or(count);
        results.get(chosen).cloned().unwrap_or(Value::Null)
    }))
}

pub fn coalesce(call: Call) -> Result<Node> {
    let (nodes, ty) = unify_all(call.args)?;
    Ok(Node::from_values(ty, nodes, |values| {
        let found = values.iter().find(|value| !value.is_null());
        found.cloned().unwrap_or(Value::Null)
    }))
}

fn test(call: Call, holds: fn(&Value) -> bool) -> Result<Node> {
    Ok(Node::from_values(
        Ty::Bool,
        vec![call.any(0)?],
        move |values| Value::Bool(values.first().is_some_and(holds)),
    ))
}

pub fn isnull(call: Call) -> Result<Node> {
    test(call, Value::is_null)
}

pub fn isnotnull(call: Call) -> Result<Node> {
    test(call, |value| !value.is_null())
}

pub fn isempty(call: Call) -> Result<Node> {
    test(call, is_empty)
}

pub fn isnotempty(call: Call) -> Result<Node> {
    test(call, |value| !is_empty(value))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Text(text) => text.is_empty(),
        Value::List(items) | Value::Bag(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        Value::Dynamic(Json::String(text)) => text.is_empty(),
        Value::Dynamic(Json::Array(items)) => items.is_empty(),
        Value::Dynamic(Json::Object(fields)) => fields.is_empty(),
        _ => false,
    }
}
