//! Comparisons, which are never null: null equals null, anything else with null is false, `!=` is the complement of `==`.

use std::cmp::Ordering;

use trawl_lang::ast::CompareOp;

use super::node::{Node, unify};
use crate::convert::quantity;
use crate::error::{Result, invalid};
use crate::ty::Ty;
use crate::value::{Value, order, same};

/// `left op right`.
pub fn bind(op: CompareOp, left: Node, right: Node) -> Result<Node> {
    let is_null = left.ty == Ty::Null || right.ty == Ty::Null;
    let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
    if is_null && equality {
        return Ok(Node::from_values(
            Ty::Bool,
            vec![left, right],
            move |values| {
                let both = values.iter().all(Value::is_null);
                Value::Bool(both == (op == CompareOp::Eq))
            },
        ));
    }
    let sides = (&left.ty, &right.ty);
    let (left, right) = match sides {
        // A real may be finer or greater than any quantity.
        (Ty::Quantity, Ty::Real) | (Ty::Real, Ty::Quantity) => (left, right),
        _ => unify(left, right)?,
    };
    if left.ty.is_nested() || (left.ty == Ty::Bool && !equality) {
        return invalid(format!("{} is not compared", left.ty));
    }
    Ok(Node::from_values(
        Ty::Bool,
        vec![left, right],
        move |values| match values {
            [left, right] => Value::Bool(holds(op, left, right)),
            _ => Value::Null,
        },
    ))
}

/// `value between (low .. high)`, ends included.
pub fn between(negated: bool, value: Node, low: Node, high: Node) -> Result<Node> {
    let above = bind(CompareOp::Ge, value.clone(), low)?;
    let below = bind(CompareOp::Le, value, high)?;
    Ok(Node::from_values(
        Ty::Bool,
        vec![above, below],
        move |values| {
            let inside = values.iter().all(|value| *value == Value::Bool(true));
            Value::Bool(inside != negated)
        },
    ))
}

/// The language's `==` of two values of one type.
pub fn equals(left: &Value, right: &Value) -> bool {
    if let (Value::Quantity(_), Value::Real(_)) | (Value::Real(_), Value::Quantity(_)) =
        (left, right)
    {
        return ordered(left, right) == Some(Ordering::Equal);
    }
    !left.is_nan() && !right.is_nan() && same(left, right)
}

fn holds(op: CompareOp, left: &Value, right: &Value) -> bool {
    match op {
        CompareOp::Eq => equals(left, right),
        CompareOp::Ne => !equals(left, right),
        op => match ordered(left, right) {
            None => false,
            Some(order) => match op {
                CompareOp::Lt => order == Ordering::Less,
                CompareOp::Le => order != Ordering::Greater,
                CompareOp::Gt => order == Ordering::Greater,
                _ => order != Ordering::Less,
            },
        },
    }
}

fn ordered(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Quantity(units), Value::Real(real)) => quantity::order(*units, *real),
        (Value::Real(real), Value::Quantity(units)) => {
            quantity::order(*units, *real).map(Ordering::reverse)
        }
        _ => order(left, right),
    }
}
