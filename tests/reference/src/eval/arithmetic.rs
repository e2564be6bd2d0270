//! `+ - * / %` and unary minus. What does not fit is null; `/` of numbers is real; quantities are exact.

use trawl_lang::ast::ArithmeticOp;
use trawl_lang::ast::ArithmeticOp::{Add, Div, Mod, Mul, Sub};

use super::node::{Node, coerce};
use crate::convert::quantity as decimal;
use crate::error::{Result, invalid};
use crate::ty::Ty;
use crate::value::{QUANTITY_UNIT, Value};

/// `left op right`.
pub fn bind(op: ArithmeticOp, left: Node, right: Node) -> Result<Node> {
    let (left_ty, right_ty) = (
        operand(op, &left.ty, &right.ty),
        operand(op, &right.ty, &left.ty),
    );
    let (left, right) = (coerce(left, &left_ty)?, coerce(right, &right_ty)?);
    let Some(ty) = result(op, &left_ty, &right_ty) else {
        return invalid(format!("no {op:?} of {left_ty} and {right_ty}"));
    };
    let target = ty.clone();
    Ok(Node::strict(
        ty,
        vec![left, right],
        move |values| match values {
            [left, right] => compute(op, left, right, &target).unwrap_or(Value::Null),
            _ => Value::Null,
        },
    ))
}

/// `-inner`.
pub fn negate(inner: Node) -> Result<Node> {
    let inner = if inner.ty == Ty::Dynamic {
        coerce(inner, &Ty::Real)?
    } else {
        inner
    };
    if !matches!(inner.ty, Ty::Long | Ty::Real | Ty::Timespan | Ty::Quantity) {
        return invalid(format!("no - of {}", inner.ty));
    }
    let negative = |value: &Value| match value {
        Value::Long(value) => value.checked_neg().map_or(Value::Null, Value::Long),
        Value::Timespan(value) => value.checked_neg().map_or(Value::Null, Value::Timespan),
        Value::Real(value) => Value::Real(-value),
        Value::Quantity(units) => Value::Quantity(-units),
        _ => Value::Null,
    };
    if let Some(value) = &inner.literal {
        return Ok(Node::literal(negative(value), inner.ty));
    }
    Ok(Node::from_values(
        inner.ty.clone(),
        vec![inner],
        move |values| values.first().map_or(Value::Null, negative),
    ))
}

/// A dynamic operand is of the other's type, but a real as a factor of what is measured and beside another dynamic.
fn operand(op: ArithmeticOp, ty: &Ty, other: &Ty) -> Ty {
    match (ty, other) {
        (Ty::Dynamic | Ty::Null, Ty::Dynamic | Ty::Null) => Ty::Real,
        (Ty::Dynamic | Ty::Null, Ty::Quantity | Ty::Timespan) if op == Mul => Ty::Real,
        (Ty::Dynamic | Ty::Null, Ty::Datetime) if op == Add => Ty::Timespan,
        (Ty::Dynamic | Ty::Null, other) => other.clone(),
        _ => ty.clone(),
    }
}

fn result(op: ArithmeticOp, left: &Ty, right: &Ty) -> Option<Ty> {
    let number = |ty: &Ty| matches!(ty, Ty::Long | Ty::Real);
    if number(left) && number(right) {
        let whole = *left == Ty::Long && *right == Ty::Long && op != Div;
        return Some(if whole { Ty::Long } else { Ty::Real });
    }
    if left.is_number() && right.is_number() {
        let both = left == right;
        return match op {
            Mul if both => None,
            Div if both => Some(Ty::Real),
            _ => Some(Ty::Quantity),
        };
    }
    match (left, op, right) {
        (Ty::Datetime, Sub, Ty::Datetime) => Some(Ty::Timespan),
        (Ty::Datetime, Add | Sub, Ty::Timespan) | (Ty::Timespan, Add, Ty::Datetime) => {
            Some(Ty::Datetime)
        }
        (Ty::Timespan, Add | Sub | Mod, Ty::Timespan) => Some(Ty::Timespan),
        (Ty::Timespan, Div, Ty::Timespan) => Some(Ty::Real),
        (Ty::Timespan, Mul | Div, right) if number(right) => Some(Ty::Timespan),
        (left, Mul, Ty::Timespan) if number(left) => Some(Ty::Timespan),
        _ => None,
    }
}

fn compute(op: ArithmeticOp, left: &Value, right: &Value, ty: &Ty) -> Option<Value> {
    if matches!(left, Value::Quantity(_)) || matches!(right, Value::Quantity(_)) {
        return exact(op, left, right);
    }
    if let (Some(left), Some(right)) = (whole(left), whole(right))
        && *ty != Ty::Real
    {
        let value = match op {
            Add => left + right,
            Sub => left - right,
            Mul => left * right,
            Div | Mod if right == 0 => return None,
            Div => left / right,
            Mod => left % right,
        };
        return of_whole(i64::try_from(value).ok()?, ty);
    }
    let (left, right) = (real(left)?, real(right)?);
    let value = match op {
        Add => left + right,
        Sub => left - right,
        Mul => left * right,
        Div | Mod if right == 0.0 => return None,
        Div => left / right,
        Mod => left % right,
    };
    if !value.is_finite() && left.is_finite() && right.is_finite() {
        return None;
    }
    if *ty == Ty::Real {
        return Some(Value::Real(value));
    }
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if !(-LIMIT..LIMIT).contains(&value) {
        return None;
    }
    of_whole(value as i64, ty)
}

/// Arithmetic with a quantity. A real is the decimal that it is written as.
fn exact(op: ArithmeticOp, left: &Value, right: &Value) -> Option<Value> {
    if let (Value::Quantity(left), Value::Quantity(right), Div) = (left, right, op) {
        return (*right != 0).then(|| Value::Real(decimal::ratio(*left, *right)));
    }
    if op == Mul {
        let (units, factor) = match (left, right) {
            (Value::Quantity(units), factor) | (factor, Value::Quantity(units)) => (units, factor),
            _ => return None,
        };
        let product = match factor {
            Value::Long(factor) => units.checked_mul(i128::from(*factor))?,
            Value::Real(factor) => decimal::times_real(*units, *factor)?,
            _ => return None,
        };
        return decimal::fitting(product).map(Value::Quantity);
    }
    let units = |value: &Value| match value {
        Value::Quantity(units) => Some(*units),
        Value::Long(value) => Some(i128::from(*value) * QUANTITY_UNIT),
        Value::Real(value) => decimal::of_real(*value),
        _ => None,
    };
    let (left, right) = (units(left)?, units(right)?);
    let result = match op {
        Add => left + right,
        Sub => left - right,
        Mod if right != 0 => left % right,
        Div if right != 0 => decimal::rounded(left.checked_mul(QUANTITY_UNIT)?, right),
        _ => return None,
    };
    decimal::fitting(result).map(Value::Quantity)
}

fn whole(value: &Value) -> Option<i128> {
    match value {
        Value::Long(value) | Value::Datetime(value) | Value::Timespan(value) => {
            Some(i128::from(*value))
        }
        _ => None,
    }
}

fn of_whole(value: i64, ty: &Ty) -> Option<Value> {
    match ty {
        Ty::Long => Some(Value::Long(value)),
        Ty::Datetime => Some(Value::Datetime(value)),
        Ty::Timespan => Some(Value::Timespan(value)),
        _ => None,
    }
}

fn real(value: &Value) -> Option<f64> {
    match value {
        Value::Real(value) => Some(*value),
        other => whole(other).map(|value| value as f64),
    }
}
