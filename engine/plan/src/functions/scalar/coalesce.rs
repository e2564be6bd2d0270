//! `coalesce(a, b, …) -> the first that is not null`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::scalar::same_type;
use crate::functions::{Group, Scalar};

/// `coalesce`
pub const FUNCTION: Scalar = Scalar {
    name: "coalesce",
    group: Group::Null,
    signature: "coalesce(a, b, …) -> the first that is not null",
    summary: "The first value that is not null.",
    notes: "",
    named: false,
    arity: 1..=usize::MAX,
    examples: &[("coalesce(null, 2, 3)", "2")],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let (arguments, ty) = same_type(binder, arguments, span)?;
    let nullable = arguments.iter().all(|argument| argument.nullable);
    let expr = datafusion_functions::core::expr_fn::coalesce(
        arguments.into_iter().map(|a| a.expr).collect(),
    );
    Ok(Bound::computed(expr, ty, nullable, span))
}
