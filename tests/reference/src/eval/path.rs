//! `a.b`, `a["b"]`, `a[0]`, `a[-1]`, `a[*].b`.

use serde_json::Value as Json;
use trawl_lang::ast::{Expr, ExprKind};

use super::Scope;
use super::expr::bind as bind_expr;
use super::node::{Node, coerce};
use crate::error::{Result, invalid};
use crate::ty::Ty;
use crate::value::Value;

/// A path.
pub fn bind(expr: &Expr, scope: &Scope<'_>) -> Result<Node> {
    match &expr.kind {
        ExprKind::Field { base, name } => {
            let base = bind_base(base, scope)?;
            if base.1 {
                return every_field(base.0, &name.name).map(|node| node.0);
            }
            field(base.0, &name.name)
        }
        ExprKind::Every(_) => bind_base(expr, scope).map(|base| base.0),
        ExprKind::Index { base, index } => {
            let base = bind_expr(base, scope)?;
            let index = bind_expr(index, scope)?;
            indexed(base, index)
        }
        _ => bind_expr(expr, scope),
    }
}

/// An expression, and whether it ends in `[*]` or steps below one, so that a further step maps over its items.
fn bind_base(expr: &Expr, scope: &Scope<'_>) -> Result<(Node, bool)> {
    match &expr.kind {
        ExprKind::Every(list) => {
            let (list, mapped) = bind_base(list, scope)?;
            if mapped {
                return invalid("[*] of [*] is not read here");
            }
            let list = match &list.ty {
                Ty::List(_) => list,
                Ty::Dynamic => as_list(list),
                other => return invalid(format!("no [*] of {other}")),
            };
            Ok((list, true))
        }
        ExprKind::Field { base, name } => {
            let (base, mapped) = bind_base(base, scope)?;
            if mapped {
                every_field(base, &name.name)
            } else {
                Ok((field(base, &name.name)?, false))
            }
        }
        _ => Ok((bind_expr(expr, scope)?, false)),
    }
}

/// A document that is an array, as a list of documents.
pub fn as_list(node: Node) -> Node {
    Node::from_values(Ty::list(Ty::Dynamic), vec![node], |values| match values {
        [Value::Dynamic(json)] => {
            crate::convert::document::items(json).map_or(Value::Null, Value::List)
        }
        _ => Value::Null,
    })
}

fn every_field(list: Node, name: &str) -> Result<(Node, bool)> {
    let Ty::List(item) = &list.ty else {
        return invalid("[*] wants a list");
    };
    let ty = field_type(item, name)?;
    let name = name.to_owned();
    let node = Node::strict(Ty::list(ty), vec![list], move |values| {
        match values.first().and_then(Value::items) {
            Some(items) => Value::List(items.iter().map(|item| read(item, &name)).collect()),
            None => Value::Null,
        }
    });
    Ok((node, true))
}

fn field(base: Node, name: &str) -> Result<Node> {
    let ty = field_type(&base.ty, name)?;
    let name = name.to_owned();
    Ok(Node::from_values(ty, vec![base], move |values| {
        values.first().map_or(Value::Null, |base| read(base, &name))
    }))
}

fn field_type(base: &Ty, name: &str) -> Result<Ty> {
    match base {
        Ty::Dynamic => Ok(Ty::Dynamic),
        Ty::Map(value) => Ok((**value).clone()),
        Ty::Struct(fields) => match fields.iter().find(|field| field.0 == name) {
            Some((_, ty)) => Ok(ty.clone()),
            None => invalid(format!("no field {name}")),
        },
        other => invalid(format!("{other} has no fields")),
    }
}

/// The field of a struct, map or document; null where it is not there.
pub fn read(base: &Value, name: &str) -> Value {
    match base {
        Value::Struct(fields) | Value::Map(fields) => fields
            .iter()
            .find(|field| field.0 == name)
            .map_or(Value::Null, |field| field.1.clone()),
        Value::Dynamic(json) => json
            .get(name)
            .map_or(Value::Null, |json| Value::document(json.clone())),
        _ => Value::Null,
    }
}

fn indexed(base: Node, index: Node) -> Result<Node> {
    match base.ty.clone() {
        Ty::Map(value) => {
            let index = coerce(index, &Ty::String)?;
            Ok(Node::strict(
                *value,
                vec![base, index],
                |values| match values {
                    [base, Value::Text(key)] => read(base, key),
                    _ => Value::Null,
                },
            ))
        }
        Ty::List(item) => {
            let index = coerce(index, &Ty::Long)?;
            Ok(Node::strict(
                *item,
                vec![base, index],
                |values| match values {
                    [Value::List(items), Value::Long(at)] => {
                        at_position(items, *at).cloned().unwrap_or(Value::Null)
                    }
                    _ => Value::Null,
                },
            ))
        }
        Ty::Dynamic => {
            if !matches!(index.ty, Ty::Long | Ty::String) {
                return invalid("a document is indexed by a position or a key");
            }
            Ok(Node::strict(
                Ty::Dynamic,
                vec![base, index],
                |values| match values {
                    [base, Value::Text(key)] => read(base, key),
                    [Value::Dynamic(Json::Array(items)), Value::Long(at)] => {
                        at_position(items, *at)
                            .map_or(Value::Null, |item| Value::document(item.clone()))
                    }
                    _ => Value::Null,
                },
            ))
        }
        other => invalid(format!("{other} has no positions")),
    }
}

/// Positions start at 0, negative ones count from the end.
fn at_position<T>(items: &[T], at: i64) -> Option<&T> {
    let at = if at < 0 {
        at.checked_add(i64::try_from(items.len()).ok()?)?
    } else {
        at
    };
    items.get(usize::try_from(at).ok()?)
}
