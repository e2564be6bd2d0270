//! `label_match`: labels against a selector as kubectl writes them.

use serde_json::Value as Json;

use super::Call;
use crate::convert::document;
use crate::convert::regexes::compiled;
use crate::error::{Result, invalid};
use crate::eval::Node;
use crate::ty::Ty;
use crate::value::Value;

/// One requirement of a selector.
enum Requirement {
    Exists(String),
    Missing(String),
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
}

pub fn label_match(call: Call) -> Result<Node> {
    let labels = call.any(0)?;
    if !matches!(labels.ty, Ty::Map(_) | Ty::Dynamic | Ty::Null) {
        return invalid(format!("{} holds no labels", labels.ty));
    }
    let selector = call.constant_text(1)?;
    let Some(requirements) = requirements(&selector) else {
        return invalid(format!("{selector} is no selector"));
    };
    Ok(Node::from_values(Ty::Bool, vec![labels], move |values| {
        let labels = values.first().map_or_else(Vec::new, labels_of);
        Value::Bool(requirements.iter().all(|r| holds(r, &labels)))
    }))
}

fn labels_of(value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Map(entries) => entries
            .iter()
            .filter_map(|(key, value)| match value {
                Value::Text(value) => Some((key.clone(), value.clone())),
                _ => None,
            })
            .collect(),
        Value::Dynamic(Json::Object(fields)) => fields
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), document::text(value)))
            .collect(),
        _ => Vec::new(),
    }
}

fn holds(requirement: &Requirement, labels: &[(String, String)]) -> bool {
    let find = |key: &String| {
        labels
            .iter()
            .find(|(k, _)| k == key)
            .map(|(_, value)| value)
    };
    match requirement {
        Requirement::Exists(key) => find(key).is_some(),
        Requirement::Missing(key) => find(key).is_none(),
        Requirement::In(key, values) => find(key).is_some_and(|value| values.contains(value)),
        Requirement::NotIn(key, values) => !find(key).is_some_and(|value| values.contains(value)),
    }
}

/// The requirements of a selector, `None` for another text.
fn requirements(selector: &str) -> Option<Vec<Requirement>> {
    let form = compiled(
        r"^\s*(?:(!)\s*([\w./-]+)|([\w./-]+)\s+(in|notin)\s*\(([^()]*)\)|([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)|([\w./-]+))\s*(?:,|$)",
    )?;
    let mut rest = selector;
    let mut found = Vec::new();
    while !rest.trim().is_empty() {
        let captures = form.captures(rest)?;
        let text = |group: usize| captures.get(group).map(|g| g.as_str().to_owned());
        found.push(match (text(2), text(3), text(6), text(9)) {
            (Some(key), ..) => Requirement::Missing(key),
            (_, Some(key), ..) => {
                let values = text(5)?;
                let values = values.split(',').map(|v| v.trim().to_owned()).collect();
                match text(4)?.as_str() {
                    "in" => Requirement::In(key, values),
                    _ => Requirement::NotIn(key, values),
                }
            }
            (_, _, Some(key), _) => {
                let values = vec![text(8)?];
                match text(7)?.as_str() {
                    "!=" => Requirement::NotIn(key, values),
                    _ => Requirement::In(key, values),
                }
            }
            (.., Some(key)) => Requirement::Exists(key),
            _ => return None,
        });
        rest = rest.get(captures.get(0)?.end()..)?;
    }
    Some(found)
}
