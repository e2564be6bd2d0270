//! `floor(number) -> real`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{total, typed};
use crate::functions::{Group, Scalar};
use crate::kernels::math::Whole;
use crate::types::Type;

/// `floor`
pub const FUNCTION: Scalar = Scalar {
    name: "floor",
    group: Group::Math,
    signature: "floor(number) -> real",
    summary: "The greatest whole number that is not greater.",
    notes: "NaN and infinities stay what they are. For a long write `tolong(…)` around it. A dynamic value counts as a real. Null \
            for null.",
    named: false,
    arity: 1..=1,
    examples: &[
        ("floor(1.8)", "1.0"),
        ("floor(-1.2)", "-2.0"),
        ("floor(3)", "3.0"),
        ("floor(null)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let arguments = typed(binder, FUNCTION.name, arguments, &[("number", Type::Real)])?;
    Ok(total(Whole::Floor, arguments, Type::Real, span))
}
