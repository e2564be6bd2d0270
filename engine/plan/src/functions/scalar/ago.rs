//! `ago(length) -> datetime`

use trawl_lang::ast::ArithmeticOp;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::one;
use crate::functions::{Group, Scalar};
use crate::kernels::{self, arithmetic::Arithmetic};
use crate::types::Type;
use crate::value::Value;

/// `ago`
pub const FUNCTION: Scalar = Scalar {
    name: "ago",
    group: Group::Time,
    signature: "ago(length) -> datetime",
    summary: "So long before `now()`.",
    notes: "A constant one is a constant time, which sources can filter by. Null where the time is outside of the years 1677 to 2262.",
    named: false,
    arity: 1..=1,
    examples: &[
        ("now() - ago(1h)", r#""1h""#),
        ("ago(-1h) - now()", r#""1h""#),
        ("ago(1m * 5) == now() - 5m", "true"),
        ("ago(null)", "null"),
        ("ago(-106000d)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let argument = one(arguments)?;
    let length = binder.coerce(argument, &Type::Timespan, "the argument of `ago`")?;
    if let Some(Value::Timespan(length)) = length.value
        && let Some(time) = binder.now().checked_sub(length)
    {
        return Ok(Bound::constant(Value::Datetime(time), span));
    }
    let kernel = Arithmetic {
        op: ArithmeticOp::Sub,
        result: Type::Datetime,
    };
    let now = Value::Datetime(binder.now()).literal();
    let expr = kernels::call(kernel, vec![now, length.expr]);
    Ok(Bound::computed(expr, Type::Datetime, true, span))
}
