//! `round(number [, digits]) -> real`

use datafusion_expr::{lit, when};
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::scalar::number;
use crate::functions::{Group, Scalar};
use crate::types::Type;

/// Digits beyond which rounding changes no finite real that it does not overflow.
const MAX_DIGITS: i64 = 300;

/// `round`
pub const FUNCTION: Scalar = Scalar {
    name: "round",
    group: Group::Math,
    signature: "round(number [, digits]) -> real",
    summary: "The number rounded half away from zero.",
    notes: "",
    named: false,
    arity: 1..=2,
    examples: &[
        ("round(2.345, 2)", "2.35"),
        ("round(2.5)", "3.0"),
        ("round(2.5, 9999999999)", "2.5"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let mut arguments = arguments.into_iter();
    let value = number(binder, arguments.next().into_iter().collect(), span)?;
    let value = binder.coerce(value, &Type::Real, "the argument of `round`")?;
    let Some(digits) = arguments.next() else {
        let expr = datafusion_functions::math::expr_fn::round(vec![value.expr]);
        return Ok(Bound::computed(expr, Type::Real, true, span));
    };
    let digits = binder.coerce(digits, &Type::Long, "the digits of `round`")?;
    // More digits than a real has leave it as it is, and would overflow on the way.
    let digits = when(digits.expr.clone().gt(lit(MAX_DIGITS)), lit(MAX_DIGITS))
        .when(digits.expr.clone().lt(lit(-MAX_DIGITS)), lit(-MAX_DIGITS))
        .otherwise(digits.expr)
        .map_err(|error| binder.bug(&error, span))?;
    let rounded = datafusion_functions::math::expr_fn::round(vec![value.expr.clone(), digits]);
    let overflown =
        datafusion_functions::math::expr_fn::abs(rounded.clone()).eq(lit(f64::INFINITY));
    let expr = when(overflown, value.expr)
        .otherwise(rounded)
        .map_err(|error| binder.bug(&error, span))?;
    Ok(Bound::computed(expr, Type::Real, true, span))
}
