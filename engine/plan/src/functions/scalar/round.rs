//! `round(number [, digits]) -> real`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{total, typed};
use crate::functions::{Group, Scalar};
use crate::kernels::math::Round;
use crate::types::Type;
use crate::value::Value;

/// `round`
pub const FUNCTION: Scalar = Scalar {
    name: "round",
    group: Group::Math,
    signature: "round(number [, digits]) -> real",
    summary: "The number rounded half away from zero.",
    notes: "To that many digits after the point, none unless told otherwise; negative `digits` stand before it. More digits than \
            a real has leave it as it is. Infinities and NaN stay what they are. Null where an argument is null.",
    named: false,
    arity: 1..=2,
    examples: &[
        ("round(2.345, 2)", "2.35"),
        ("round(2.5)", "3.0"),
        ("round(-2.5)", "-3.0"),
        ("round(1250, -2)", "1300.0"),
        ("round(2.5, 9999999999)", "2.5"),
        ("round(null)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let parameters = [("number", Type::Real), ("digits", Type::Long)];
    let mut arguments = typed(binder, FUNCTION.name, arguments, &parameters)?;
    if arguments.len() < parameters.len() {
        arguments.push(Bound::constant(Value::Long(0), span));
    }
    Ok(total(Round, arguments, Type::Real, span))
}
