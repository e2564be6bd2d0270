//! Functions of the rows of a group.

use super::Call;
use super::list;
use crate::convert::quantity;
use crate::error::{Result, invalid};
use crate::eval::{Env, Node, any_of, coerce, extreme};
use crate::ty::Ty;
use crate::value::{Value, different, same, sort_order};

/// The values of an argument over the rows of the group, without nulls.
fn values(env: Env<'_>, node: &Node) -> Vec<Value> {
    let values = env.group.iter().map(|row| node.on(row));
    values.filter(|value| !value.is_null()).collect()
}

/// An aggregate of the values of one argument.
fn of_values(ty: Ty, node: Node, compute: impl Fn(Vec<Value>) -> Value + 'static) -> Result<Node> {
    Ok(Node::new(ty, move |env| compute(values(env, &node))))
}

/// The argument, a document being read as a real.
fn measured(call: &Call, at: usize) -> Result<Node> {
    let node = call.any(at)?;
    match node.ty {
        Ty::Dynamic => coerce(node, &Ty::Real),
        _ => Ok(node),
    }
}

fn long(count: usize) -> Value {
    Value::Long(i64::try_from(count).unwrap_or(i64::MAX))
}

pub fn count(_: Call) -> Result<Node> {
    Ok(Node::new(Ty::Long, |env| long(env.group.len())))
}

pub fn countif(call: Call) -> Result<Node> {
    of_values(Ty::Long, call.arg(0, &Ty::Bool)?, |values| {
        long(values.iter().filter(|v| **v == Value::Bool(true)).count())
    })
}

pub fn dcount(call: Call) -> Result<Node> {
    of_values(Ty::Long, call.any(0)?, |values| {
        long(different(values).len())
    })
}

fn summed(node: &Node) -> Result<Ty> {
    match &node.ty {
        Ty::Long | Ty::Real | Ty::Quantity | Ty::Timespan => Ok(node.ty.clone()),
        other => invalid(format!("no sum of {other}")),
    }
}

pub fn sum(call: Call) -> Result<Node> {
    let node = measured(&call, 0)?;
    let ty = summed(&node)?;
    of_values(ty.clone(), node, move |values| {
        list::sum(values.iter(), &ty).unwrap_or(Value::Null)
    })
}

pub fn sumif(call: Call) -> Result<Node> {
    let (node, condition) = (measured(&call, 0)?, call.arg(1, &Ty::Bool)?);
    let ty = summed(&node)?;
    Ok(Node::new(ty.clone(), move |env| {
        let rows = env
            .group
            .iter()
            .filter(|row| condition.on(row) == Value::Bool(true));
        let values: Vec<Value> = rows.map(|row| node.on(row)).collect();
        list::sum(values.iter(), &ty).unwrap_or(Value::Null)
    }))
}

fn reals(values: &[Value]) -> Vec<f64> {
    let real = |value: &Value| match value {
        Value::Long(value) => Some(*value as f64),
        Value::Real(value) => Some(*value),
        Value::Quantity(units) => Some(quantity::to_real(*units)),
        _ => None,
    };
    values.iter().filter_map(real).collect()
}

pub fn avg(call: Call) -> Result<Node> {
    let node = measured(&call, 0)?;
    if node.ty == Ty::Timespan {
        return of_values(Ty::Timespan, node, |values| {
            let spans = values.iter().filter_map(|value| match value {
                Value::Timespan(value) => Some(i128::from(*value)),
                _ => None,
            });
            let count = values.len() as i128;
            match spans.sum::<i128>().checked_div(count) {
                Some(mean) => i64::try_from(mean).map_or(Value::Null, Value::Timespan),
                None => Value::Null,
            }
        });
    }
    if !node.ty.is_number() {
        return invalid(format!("no mean of {}", node.ty));
    }
    of_values(Ty::Real, node, |values| {
        let reals = reals(&values);
        if reals.is_empty() {
            return Value::Null;
        }
        let mean = reals.iter().sum::<f64>() / reals.len() as f64;
        if mean.is_finite() || !reals.iter().all(|value| value.is_finite()) {
            Value::Real(mean)
        } else {
            Value::Null
        }
    })
}

pub fn stdev(call: Call) -> Result<Node> {
    let node = measured(&call, 0)?;
    of_values(Ty::Real, node, |values| {
        let reals = reals(&values);
        if reals.iter().any(|value| value.is_nan()) && reals.len() > 1 {
            return Value::Real(f64::NAN);
        }
        if reals.len() < 2 {
            return Value::Null;
        }
        let mean = reals.iter().sum::<f64>() / reals.len() as f64;
        let squares: f64 = reals.iter().map(|value| (value - mean).powi(2)).sum();
        let deviation = (squares / (reals.len() - 1) as f64).sqrt();
        if deviation.is_finite() || !reals.iter().all(|value| value.is_finite()) {
            Value::Real(deviation)
        } else {
            Value::Null
        }
    })
}

fn ordered(call: &Call) -> Result<Node> {
    let node = measured(call, 0)?;
    if node.ty.is_nested() {
        return invalid(format!("{} has no order", node.ty));
    }
    Ok(node)
}

pub fn min(call: Call) -> Result<Node> {
    let node = ordered(&call)?;
    of_values(node.ty.clone(), node, |values| {
        extreme(values.iter(), false).unwrap_or(Value::Null)
    })
}

pub fn max(call: Call) -> Result<Node> {
    let node = ordered(&call)?;
    of_values(node.ty.clone(), node, |values| {
        extreme(values.iter(), true).unwrap_or(Value::Null)
    })
}

pub fn percentile(call: Call) -> Result<Node> {
    let node = ordered(&call)?;
    let Some(Value::Real(rank)) = call.arg(1, &Ty::Real)?.literal else {
        return invalid("the percentile is a constant");
    };
    of_values(node.ty.clone(), node, move |values| {
        let mut values: Vec<Value> = values.into_iter().filter(|v| !v.is_nan()).collect();
        values.sort_by(|a, b| sort_order(a, b, false));
        let position = (rank * values.len() as f64 / 100.0).ceil().max(1.0) as usize;
        let found = position.checked_sub(1).and_then(|at| values.get(at));
        found.cloned().unwrap_or(Value::Null)
    })
}

pub fn make_list(call: Call) -> Result<Node> {
    let node = call.any(0)?;
    of_values(Ty::list(node.ty.clone()), node, Value::Bag)
}

pub fn make_set(call: Call) -> Result<Node> {
    let node = call.any(0)?;
    let scalar = !node.ty.is_nested() && node.ty != Ty::Dynamic;
    of_values(Ty::list(node.ty.clone()), node, move |values| {
        let mut values = different(values);
        if !scalar {
            return Value::Bag(values);
        }
        values.sort_by(|a, b| sort_order(a, b, false));
        Value::List(values)
    })
}

fn arg(call: Call, greatest: bool) -> Result<Node> {
    let (key, value) = (measured(&call, 0)?, call.any(1)?);
    Ok(Node::new(value.ty.clone(), move |env| {
        let keyed = env.group.iter().map(|row| (key.on(row), row));
        let keyed: Vec<_> = keyed.collect();
        let Some(best) = extreme(keyed.iter().map(|(key, _)| key), greatest) else {
            return Value::Null;
        };
        let winners = keyed.iter().filter(|(key, _)| same(key, &best));
        any_of(winners.map(|(_, row)| value.on(row)).collect())
    }))
}

pub fn arg_max(call: Call) -> Result<Node> {
    arg(call, true)
}

pub fn arg_min(call: Call) -> Result<Node> {
    arg(call, false)
}

pub fn take_any(call: Call) -> Result<Node> {
    let node = call.any(0)?;
    of_values(node.ty.clone(), node, any_of)
}
