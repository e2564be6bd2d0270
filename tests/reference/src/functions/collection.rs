//! Sets, bags and structs: `set_*`, `bag_keys`, `pack`, `pick`.

use serde_json::Value as Json;

use super::Call;
use super::list::all_lists;
use crate::error::{Result, invalid};
use crate::eval::{Node, equals, read_field, unify};
use crate::ty::Ty;
use crate::value::{Value, different, same};

fn sets(call: Call, combine: fn(&[Vec<Value>]) -> Vec<Value>) -> Result<Node> {
    let (lists, item) = all_lists(&call)?;
    Ok(Node::strict(Ty::list(item), lists, move |values| {
        let lists: Vec<Vec<Value>> = values
            .iter()
            .map(|value| value.items().unwrap_or_default().to_vec())
            .collect();
        Value::List(different(combine(&lists)))
    }))
}

fn holds(list: &[Value], value: &Value) -> bool {
    list.iter().any(|item| same(item, value))
}

pub fn set_union(call: Call) -> Result<Node> {
    sets(call, |lists| lists.concat())
}

pub fn set_intersect(call: Call) -> Result<Node> {
    sets(call, |lists| match lists.split_first() {
        Some((first, others)) => first
            .iter()
            .filter(|value| others.iter().all(|other| holds(other, value)))
            .cloned()
            .collect(),
        None => Vec::new(),
    })
}

pub fn set_difference(call: Call) -> Result<Node> {
    sets(call, |lists| match lists.split_first() {
        Some((first, others)) => first
            .iter()
            .filter(|value| !others.iter().any(|other| holds(other, value)))
            .cloned()
            .collect(),
        None => Vec::new(),
    })
}

pub fn bag_keys(call: Call) -> Result<Node> {
    let bag = call.any(0)?;
    if !matches!(bag.ty, Ty::Map(_) | Ty::Struct(_) | Ty::Dynamic | Ty::Null) {
        return invalid(format!("{} has no keys", bag.ty));
    }
    Ok(Node::strict(Ty::list(Ty::String), vec![bag], |values| {
        let keys: Vec<String> = match values.first() {
            Some(Value::Map(entries) | Value::Struct(entries)) => {
                entries.iter().map(|entry| entry.0.clone()).collect()
            }
            Some(Value::Dynamic(Json::Object(fields))) => fields.keys().cloned().collect(),
            _ => return Value::Null,
        };
        Value::List(keys.into_iter().map(Value::Text).collect())
    }))
}

pub fn pack(call: Call) -> Result<Node> {
    let mut fields: Vec<(String, Ty)> = Vec::new();
    for (name, node) in call.names.iter().zip(&call.args) {
        match name {
            Some(name) if fields.iter().all(|field| field.0 != *name) => {
                fields.push((name.clone(), node.ty.clone()));
            }
            _ => return invalid("each field has a name of its own"),
        }
    }
    let names: Vec<String> = fields.iter().map(|field| field.0.clone()).collect();
    Ok(Node::from_values(
        Ty::Struct(fields),
        call.args,
        move |values| Value::Struct(names.iter().cloned().zip(values.iter().cloned()).collect()),
    ))
}

pub fn pick(call: Call) -> Result<Node> {
    let (list, item) = call.list(0)?;
    let field = call.constant_text(1)?;
    let ty = match &item {
        Ty::Dynamic => Ty::Dynamic,
        Ty::Struct(fields) => match fields.iter().find(|known| known.0 == field) {
            Some((_, ty)) => ty.clone(),
            None => return invalid(format!("no field {field}")),
        },
        other => return invalid(format!("{other} has no fields")),
    };
    // The field and the value become one type, as in a comparison.
    let (sample, value) = unify(Node::new(ty, |_| Value::Null), call.any(2)?)?;
    let target = sample.ty;
    Ok(Node::from_values(item, vec![list, value], move |values| {
        let [Value::List(items), wanted] = values else {
            return Value::Null;
        };
        let found = items.iter().find(|item| {
            let own = crate::convert::implicit(read_field(item, &field), &target);
            let has_fields = matches!(item, Value::Struct(_) | Value::Dynamic(Json::Object(_)));
            has_fields && equals(&own, wanted)
        });
        found.cloned().unwrap_or(Value::Null)
    }))
}
