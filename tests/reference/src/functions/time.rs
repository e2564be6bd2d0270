//! `now`, `ago`, `bin`, `unixtime`.

use super::Call;
use crate::error::{Result, invalid};
use crate::eval::{Node, coerce};
use crate::ty::Ty;
use crate::value::Value;

/// Nanoseconds of a second.
const SECOND: i128 = 1_000_000_000;

pub fn now(call: Call) -> Result<Node> {
    Ok(Node::literal(Value::Datetime(call.now), Ty::Datetime))
}

pub fn ago(call: Call) -> Result<Node> {
    let (span, now) = (call.arg(0, &Ty::Timespan)?, call.now);
    let before = move |value: &Value| match value {
        Value::Timespan(span) => now.checked_sub(*span).map_or(Value::Null, Value::Datetime),
        _ => Value::Null,
    };
    match &span.literal {
        Some(value) => Ok(Node::literal(before(value), Ty::Datetime)),
        None => Ok(Node::strict(Ty::Datetime, vec![span], move |values| {
            values.first().map_or(Value::Null, before)
        })),
    }
}

pub fn bin(call: Call) -> Result<Node> {
    let (value, width) = (call.any(0)?, call.any(1)?);
    let ty = match (&value.ty, &width.ty) {
        (Ty::Long, Ty::Long) => Ty::Long,
        (Ty::Long | Ty::Real, Ty::Long | Ty::Real) => Ty::Real,
        (Ty::Timespan, Ty::Timespan) => Ty::Timespan,
        (Ty::Datetime, Ty::Timespan) => Ty::Datetime,
        (value, width) => return invalid(format!("no bin of {value} by {width}")),
    };
    let (value, width) = match ty {
        Ty::Real => (coerce(value, &Ty::Real)?, coerce(width, &Ty::Real)?),
        _ => (value, width),
    };
    Ok(Node::strict(
        ty,
        vec![value, width],
        |values| match values {
            [Value::Long(value), Value::Long(width)] => {
                floor(*value, *width).map_or(Value::Null, Value::Long)
            }
            [Value::Timespan(value), Value::Timespan(width)] => {
                floor(*value, *width).map_or(Value::Null, Value::Timespan)
            }
            [Value::Datetime(value), Value::Timespan(width)] => {
                floor(*value, *width).map_or(Value::Null, Value::Datetime)
            }
            [Value::Real(value), Value::Real(width)] if *width > 0.0 => {
                let bin = (value / width).floor() * width;
                let finite = value.is_finite() && width.is_finite();
                if bin.is_finite() || !finite {
                    Value::Real(bin)
                } else {
                    Value::Null
                }
            }
            _ => Value::Null,
        },
    ))
}

/// The greatest multiple of the width that is not above the value.
fn floor(value: i64, width: i64) -> Option<i64> {
    if width <= 0 {
        return None;
    }
    let (value, width) = (i128::from(value), i128::from(width));
    i64::try_from(value - value.rem_euclid(width)).ok()
}

pub fn unixtime(call: Call) -> Result<Node> {
    let node = call.any(0)?;
    let ty = match node.ty {
        Ty::Datetime => Ty::Long,
        Ty::Long | Ty::Real => Ty::Datetime,
        ref other => return invalid(format!("no time of {other}")),
    };
    Ok(Node::strict(ty, vec![node], |values| match values {
        [Value::Datetime(value)] => {
            let seconds = i128::from(*value).div_euclid(SECOND);
            i64::try_from(seconds).map_or(Value::Null, Value::Long)
        }
        [Value::Long(seconds)] => {
            let nanoseconds = i128::from(*seconds) * SECOND;
            i64::try_from(nanoseconds).map_or(Value::Null, Value::Datetime)
        }
        [Value::Real(seconds)] => {
            // Whole seconds and their fraction, each exact.
            let (whole, part) = (seconds.floor(), seconds - seconds.floor());
            if whole.is_nan() || whole.abs() >= 1e10 {
                return Value::Null;
            }
            let nanoseconds = whole as i128 * SECOND + (part * 1e9).round() as i128;
            i64::try_from(nanoseconds).map_or(Value::Null, Value::Datetime)
        }
        _ => Value::Null,
    }))
}
