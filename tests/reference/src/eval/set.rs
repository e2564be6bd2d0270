//! `in` and `has_any`, over values or a query of one column.

use trawl_lang::ast::{Expr, InSet, TextOp};

use super::expr::bind;
use super::node::{Node, coerce, unify};
use super::{Scope, compare, text};
use crate::error::{Result, invalid};
use crate::ty::Ty;
use crate::value::Value;

/// `value in (set)`.
pub fn within(negated: bool, value: &Expr, set: &InSet, scope: &Scope<'_>) -> Result<Node> {
    let value = bind(value, scope)?;
    let tests = match set {
        InSet::Exprs(items) => {
            let mut tests = Vec::new();
            for item in items {
                let item = bind(item, scope)?;
                tests.push(compare::bind(
                    trawl_lang::ast::CompareOp::Eq,
                    value.clone(),
                    item,
                )?);
            }
            tests
        }
        InSet::Query(query) => {
            let rows = scope.session.query(query)?;
            let [column] = rows.columns.as_slice() else {
                return invalid("the query of `in` has one column");
            };
            // The one type of both sides; the value is compared with every row.
            let sample = Node::new(column.ty.clone(), |_| Value::Null);
            let (value, column) = unify_keys(value, sample)?;
            let values: Vec<Value> = rows
                .rows
                .into_iter()
                .flatten()
                .map(|found| crate::convert::implicit(found, &column.ty))
                .collect();
            vec![Node::from_values(Ty::Bool, vec![value], move |given| {
                let found = given.first().is_some_and(|given| {
                    !given.is_null() && values.iter().any(|v| compare::equals(v, given))
                });
                Value::Bool(found)
            })]
        }
    };
    Ok(any(tests, negated))
}

/// The two sides of a key as one type; two documents match by their text.
pub fn unify_keys(left: Node, right: Node) -> Result<(Node, Node)> {
    if left.ty == Ty::Dynamic && right.ty == Ty::Dynamic {
        return Ok((coerce(left, &Ty::String)?, coerce(right, &Ty::String)?));
    }
    let (left, right) = unify(left, right)?;
    if left.ty.is_nested() {
        return invalid(format!("{} is no key", left.ty));
    }
    Ok((left, right))
}

/// `value has_any (set)`.
pub fn has_any(negated: bool, value: &Expr, set: &InSet, scope: &Scope<'_>) -> Result<Node> {
    let InSet::Exprs(items) = set else {
        return invalid("has_any takes values");
    };
    let value = bind(value, scope)?;
    let tests = items
        .iter()
        .map(|item| text::bind(TextOp::Has, false, false, value.clone(), bind(item, scope)?))
        .collect::<Result<Vec<_>>>()?;
    Ok(any(tests, negated))
}

fn any(tests: Vec<Node>, negated: bool) -> Node {
    Node::from_values(Ty::Bool, tests, move |values| {
        Value::Bool(values.contains(&Value::Bool(true)) != negated)
    })
}
