//! `abs(number) -> type of number`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{measure, one, partial};
use crate::functions::{Group, Scalar};
use crate::kernels::math::Abs;

/// `abs`
pub const FUNCTION: Scalar = Scalar {
    name: "abs",
    group: Group::Math,
    signature: "abs(number) -> type of number",
    summary: "The number without its sign; null where that does not fit.",
    notes: "Of a long, real, quantity or timespan, and of the same type. A dynamic value counts as a real. Null for null, and for \
            the least long and timespan, whose opposites do not fit.",
    named: false,
    arity: 1..=1,
    examples: &[
        ("abs(-2)", "2"),
        ("abs(-0.5)", "0.5"),
        ("abs(-5m)", r#""5m""#),
        (r#"abs(quantity("-500m"))"#, "0.5"),
        ("abs(-9223372036854775807 - 1)", "null"),
        ("abs(null)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let value = measure(binder, one(arguments)?, "the argument of `abs`")?;
    let ty = value.ty.clone();
    Ok(partial(Abs { ty: ty.clone() }, vec![value], ty, span))
}
