//! `log(x [, base]) -> real`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{partial, typed};
use crate::functions::{Group, Scalar};
use crate::kernels::math::Log;
use crate::types::Type;

/// `log`
pub const FUNCTION: Scalar = Scalar {
    name: "log",
    group: Group::Math,
    signature: "log(x [, base]) -> real",
    summary: "The logarithm of x, natural unless a base is given.",
    notes: "Null where x is not above 0, and for a base that is not above 0 or is 1. Of null it is null.",
    named: false,
    arity: 1..=2,
    examples: &[
        ("log(1)", "0.0"),
        ("log(8, 2)", "3.0"),
        ("log(1000, 10)", "3.0"),
        ("log(0)", "null"),
        ("log(8, 1)", "null"),
        ("log(null)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let parameters = [("x", Type::Real), ("base", Type::Real)];
    let arguments = typed(binder, FUNCTION.name, arguments, &parameters)?;
    Ok(partial(Log, arguments, Type::Real, span))
}
