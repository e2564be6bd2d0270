//! Numbers: `abs`, rounding, `pow`, `log`, `min_of`, `max_of`.

use super::Call;
use crate::error::{Result, invalid};
use crate::eval::{Node, coerce, extreme, unify_all};
use crate::ty::Ty;
use crate::value::Value;

pub fn abs(call: Call) -> Result<Node> {
    let node = match call.any(0)? {
        node if node.ty == Ty::Dynamic => coerce(node, &Ty::Real)?,
        node => node,
    };
    if !node.ty.is_number() && node.ty != Ty::Timespan {
        return invalid(format!("no abs of {}", node.ty));
    }
    Ok(Node::strict(
        node.ty.clone(),
        vec![node],
        |values| match values.first() {
            Some(Value::Long(value)) => value.checked_abs().map_or(Value::Null, Value::Long),
            Some(Value::Timespan(value)) => {
                value.checked_abs().map_or(Value::Null, Value::Timespan)
            }
            Some(Value::Real(value)) => Value::Real(value.abs()),
            Some(Value::Quantity(units)) => Value::Quantity(units.abs()),
            _ => Value::Null,
        },
    ))
}

/// A function of reals; null where finite ones give none, or where it has no value.
fn reals(
    call: &Call,
    count: usize,
    compute: impl Fn(&[f64]) -> Option<f64> + 'static,
) -> Result<Node> {
    let nodes = (0..count)
        .map(|at| call.arg(at, &Ty::Real))
        .collect::<Result<Vec<_>>>()?;
    Ok(Node::strict(Ty::Real, nodes, move |values| {
        let reals: Vec<f64> = values
            .iter()
            .filter_map(|value| match value {
                Value::Real(value) => Some(*value),
                _ => None,
            })
            .collect();
        let finite = reals.iter().all(|value| value.is_finite());
        match compute(&reals) {
            Some(value) if value.is_finite() || !finite => Value::Real(value),
            _ => Value::Null,
        }
    }))
}

pub fn ceiling(call: Call) -> Result<Node> {
    reals(&call, 1, |values| Some(values.first()?.ceil()))
}

pub fn floor(call: Call) -> Result<Node> {
    reals(&call, 1, |values| Some(values.first()?.floor()))
}

pub fn round(call: Call) -> Result<Node> {
    let value = call.arg(0, &Ty::Real)?;
    let digits = if call.len() == 1 {
        Node::literal(Value::Long(0), Ty::Long)
    } else {
        call.arg(1, &Ty::Long)?
    };
    Ok(Node::strict(Ty::Real, vec![value, digits], |values| {
        let [Value::Real(value), Value::Long(digits)] = values else {
            return Value::Null;
        };
        if !value.is_finite() {
            return Value::Real(*value);
        }
        let digits = i32::try_from(*digits).unwrap_or(0);
        if digits < 0 {
            let scale = 10_f64.powi(-digits);
            return Value::Real((value / scale).round() * scale);
        }
        let scale = 10_f64.powi(digits);
        let scaled = value * scale;
        // A real too great to have such digits is whole already.
        if scaled.is_finite() && scaled.abs() < 9e15 {
            Value::Real(scaled.round() / scale)
        } else {
            Value::Real(*value)
        }
    }))
}

pub fn pow(call: Call) -> Result<Node> {
    reals(&call, 2, |values| match values {
        [x, y] => Some(x.powf(*y)),
        _ => None,
    })
}

pub fn log(call: Call) -> Result<Node> {
    let count = call.len();
    reals(&call, count, |values| match values {
        [x] if *x > 0.0 || x.is_nan() => Some(x.ln()),
        [x, base] if !(*x <= 0.0 || *base <= 0.0 || *base == 1.0) => Some(x.ln() / base.ln()),
        _ => None,
    })
}

fn chosen(call: Call, greatest: bool) -> Result<Node> {
    let (nodes, ty) = unify_all(call.args)?;
    if ty.is_nested() {
        return invalid(format!("{ty} has no order"));
    }
    Ok(Node::from_values(ty, nodes, move |values| {
        extreme(values.iter(), greatest).unwrap_or(Value::Null)
    }))
}

pub fn min_of(call: Call) -> Result<Node> {
    chosen(call, false)
}

pub fn max_of(call: Call) -> Result<Node> {
    chosen(call, true)
}
