//! `round(number [, digits]) -> real`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::Scalar;
use crate::functions::scalar::number;
use crate::types::Type;

/// `round`
pub const FUNCTION: Scalar = Scalar {
    name: "round",
    signature: "round(number [, digits]) -> real",
    summary: "The number rounded half away from zero.",
    arity: 1..=2,
    examples: &[("round(2.345, 2)", "2.35"), ("round(2.5)", "3.0")],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let mut arguments = arguments.into_iter();
    let value = number(binder, arguments.next().into_iter().collect(), span)?;
    let value = binder.coerce(value, &Type::Real, "the argument of `round`")?;
    let mut parts = vec![value.expr];
    if let Some(digits) = arguments.next() {
        parts.push(
            binder
                .coerce(digits, &Type::Long, "the digits of `round`")?
                .expr,
        );
    }
    let expr = datafusion_functions::math::expr_fn::round(parts);
    Ok(Bound::computed(expr, Type::Real, true, span))
}
