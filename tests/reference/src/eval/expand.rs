//! `mv-expand`: one row for each item.

use serde_json::{Value as Json, json};
use trawl_lang::ast::Item;

use super::node::Node;
use super::rows::{item_name, set_column};
use super::{Scope, Session};
use crate::error::{Result, invalid};
use crate::table::{Column, Relation};
use crate::ty::Ty;
use crate::value::Value;

impl Session<'_> {
    pub(super) fn mv_expand(&self, input: &Relation, outer: bool, item: &Item) -> Result<Relation> {
        let node = Node::of(&item.expr, &Scope::row(self, &input.columns))?;
        let ty = match &node.ty {
            Ty::List(item) => (**item).clone(),
            Ty::Map(value) => Ty::Struct(vec![
                ("key".to_owned(), Ty::String),
                ("value".to_owned(), (**value).clone()),
            ]),
            Ty::Dynamic => Ty::Dynamic,
            other => return invalid(format!("{other} has no items")),
        };
        let mut rows = Vec::new();
        let mut values = Vec::new();
        for row in &input.rows {
            let mut items = items(node.on(row));
            if items.is_empty() && outer {
                items.push(Value::Null);
            }
            for item in items {
                rows.push(row.clone());
                values.push(item);
            }
        }
        let mut expanded = Relation::new(input.columns.clone(), rows);
        set_column(&mut expanded, Column::new(item_name(item)?, ty), values);
        Ok(expanded)
    }
}

/// What a value expands to; nothing for null and for what is empty.
fn items(value: Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::List(items) | Value::Bag(items) => items,
        Value::Map(entries) => entries
            .into_iter()
            .map(|(key, value)| {
                Value::Struct(vec![
                    ("key".to_owned(), Value::Text(key)),
                    ("value".to_owned(), value),
                ])
            })
            .collect(),
        Value::Dynamic(Json::Array(items)) => items.into_iter().map(Value::document).collect(),
        Value::Dynamic(Json::Object(fields)) => fields
            .into_iter()
            .map(|(key, value)| Value::Dynamic(json!({"key": key, "value": value})))
            .collect(),
        scalar => vec![scalar],
    }
}
