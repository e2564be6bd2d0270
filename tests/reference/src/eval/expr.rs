//! Expressions: names, literals, lists, logic, and the dispatch to the other kinds.

use trawl_lang::ast::{Expr, ExprKind, Literal};

use super::node::{Node, coerce, unify_all};
use super::{Scope, arithmetic, compare, path, set, text};
use crate::error::{Result, invalid};
use crate::functions;
use crate::ty::Ty;
use crate::value::Value;

/// An expression of the text.
pub fn bind(expr: &Expr, scope: &Scope<'_>) -> Result<Node> {
    if let Some(keys) = scope.keys
        && let Some(position) = keys.iter().position(|(key, _)| alike(key, &expr.kind))
    {
        let ty = keys.get(position).map_or(Ty::Null, |key| key.1.clone());
        return Ok(Node::new(ty, move |env| {
            env.keys.get(position).cloned().unwrap_or(Value::Null)
        }));
    }
    match &expr.kind {
        ExprKind::Literal(literal) => Ok(of_literal(literal)),
        ExprKind::Var(name) => match scope.session.scalar(name) {
            Some((value, ty)) => Ok(Node::literal(value.clone(), ty.clone())),
            None => invalid(format!("no @{name}")),
        },
        ExprKind::Name(name) => column(name, scope),
        ExprKind::Side(_) => invalid("a side is no value"),
        ExprKind::Call { name, args } => functions::call(&name.name, args, scope),
        ExprKind::Field { .. } | ExprKind::Index { .. } | ExprKind::Every(_) => {
            path::bind(expr, scope)
        }
        ExprKind::Neg(inner) => arithmetic::negate(bind(inner, scope)?),
        ExprKind::Not(inner) => {
            let inner = coerce(bind(inner, scope)?, &Ty::Bool)?;
            Ok(Node::from_values(
                Ty::Bool,
                vec![inner],
                |values| match values {
                    [Value::Bool(value)] => Value::Bool(!value),
                    _ => Value::Null,
                },
            ))
        }
        ExprKind::Arithmetic { op, left, right } => {
            arithmetic::bind(*op, bind(left, scope)?, bind(right, scope)?)
        }
        ExprKind::Compare { op, left, right } => {
            compare::bind(*op, bind(left, scope)?, bind(right, scope)?)
        }
        ExprKind::Text {
            op,
            case_sensitive,
            negated,
            left,
            right,
        } => text::bind(
            *op,
            *case_sensitive,
            *negated,
            bind(left, scope)?,
            bind(right, scope)?,
        ),
        ExprKind::In {
            negated,
            value,
            set,
        } => set::within(*negated, value, set, scope),
        ExprKind::HasAny {
            negated,
            value,
            set,
        } => set::has_any(*negated, value, set, scope),
        ExprKind::Between {
            negated,
            value,
            low,
            high,
        } => compare::between(
            *negated,
            bind(value, scope)?,
            bind(low, scope)?,
            bind(high, scope)?,
        ),
        ExprKind::And(parts) => junction(parts, false, scope),
        ExprKind::Or(parts) => junction(parts, true, scope),
        ExprKind::List(items) => {
            let items = items
                .iter()
                .map(|item| bind(item, scope))
                .collect::<Result<Vec<_>>>()?;
            let (items, ty) = unify_all(items)?;
            Ok(Node::from_values(Ty::list(ty), items, |values| {
                Value::List(values.to_vec())
            }))
        }
    }
}

fn of_literal(literal: &Literal) -> Node {
    match literal {
        Literal::Null => Node::literal(Value::Null, Ty::Null),
        Literal::Bool(value) => Node::literal(Value::Bool(*value), Ty::Bool),
        Literal::Int(value) | Literal::Size(value) => Node::literal(Value::Long(*value), Ty::Long),
        Literal::Real(value) => Node::literal(Value::Real(*value), Ty::Real),
        Literal::Duration(value) => Node::literal(Value::Timespan(*value), Ty::Timespan),
        Literal::String(text) => Node::literal(Value::Text(text.clone()), Ty::String),
        Literal::Datetime(value) => Node::literal(Value::Datetime(*value), Ty::Datetime),
    }
}

fn column(name: &str, scope: &Scope<'_>) -> Result<Node> {
    if scope.keys.is_some() {
        return invalid(format!("{name} is neither a key nor inside an aggregate"));
    }
    let position = scope.columns.iter().position(|column| column.name == name);
    match position.and_then(|position| Some((position, scope.columns.get(position)?))) {
        Some((position, column)) => Ok(Node::new(column.ty.clone(), move |env| {
            env.row.get(position).cloned().unwrap_or(Value::Null)
        })),
        None => invalid(format!("no column {name}")),
    }
}

/// `and`, `or` with three values: one side that decides does so whatever the other is.
fn junction(parts: &[Expr], decides: bool, scope: &Scope<'_>) -> Result<Node> {
    let parts = parts
        .iter()
        .map(|part| coerce(bind(part, scope)?, &Ty::Bool))
        .collect::<Result<Vec<_>>>()?;
    Ok(Node::from_values(Ty::Bool, parts, move |values| {
        if values.contains(&Value::Bool(decides)) {
            Value::Bool(decides)
        } else if values.contains(&Value::Null) {
            Value::Null
        } else {
            Value::Bool(!decides)
        }
    }))
}

/// Whether two expressions are written alike; where they stand does not count.
fn alike(left: &ExprKind, right: &ExprKind) -> bool {
    fn bare(kind: &ExprKind) -> serde_json::Value {
        let mut json = serde_json::to_value(kind).unwrap_or_default();
        strip(&mut json);
        json
    }
    fn strip(json: &mut serde_json::Value) {
        match json {
            serde_json::Value::Object(fields) => {
                fields.retain(|name, _| name != "span");
                fields.values_mut().for_each(strip);
            }
            serde_json::Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    bare(left) == bare(right)
}
