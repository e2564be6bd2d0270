//! `ceiling(number) -> real`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{total, typed};
use crate::functions::{Group, Scalar};
use crate::kernels::math::Whole;
use crate::types::Type;

/// `ceiling`
pub const FUNCTION: Scalar = Scalar {
    name: "ceiling",
    group: Group::Math,
    signature: "ceiling(number) -> real",
    summary: "The least whole number that is not less.",
    notes: "NaN and infinities stay what they are. For a long write `tolong(…)` around it. A dynamic value counts as a real. Null \
            for null.",
    named: false,
    arity: 1..=1,
    examples: &[
        ("ceiling(1.2)", "2.0"),
        ("ceiling(-1.2)", "-1.0"),
        ("ceiling(3)", "3.0"),
        (r#"ceiling(quantity("500m"))"#, "1.0"),
        ("ceiling(null)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let arguments = typed(binder, FUNCTION.name, arguments, &[("number", Type::Real)])?;
    Ok(total(Whole::Ceiling, arguments, Type::Real, span))
}
