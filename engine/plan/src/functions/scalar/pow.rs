//! `pow(x, y) -> real`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{partial, typed};
use crate::functions::{Group, Scalar};
use crate::kernels::math::Power;
use crate::types::Type;

/// `pow`
pub const FUNCTION: Scalar = Scalar {
    name: "pow",
    group: Group::Math,
    signature: "pow(x, y) -> real",
    summary: "The number x to the power of y.",
    notes: "Null where the result is no real or does not fit: `pow(-1, 0.5)`, `pow(0, -1)`, `pow(10, 400)`. Of null it is null.",
    named: false,
    arity: 2..=2,
    examples: &[
        ("pow(2, 10)", "1024.0"),
        ("pow(2, -1)", "0.5"),
        ("pow(0, 0)", "1.0"),
        ("pow(-1, 0.5)", "null"),
        ("pow(10, 400)", "null"),
        ("pow(null, 2)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let parameters = [("x", Type::Real), ("y", Type::Real)];
    let arguments = typed(binder, FUNCTION.name, arguments, &parameters)?;
    Ok(partial(Power, arguments, Type::Real, span))
}
