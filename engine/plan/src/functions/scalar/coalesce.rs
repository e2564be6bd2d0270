//! `coalesce(a, b, …) -> type of the values`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result, same_type};
use crate::functions::{Group, Scalar};

/// `coalesce`
pub const FUNCTION: Scalar = Scalar {
    name: "coalesce",
    group: Group::Null,
    signature: "coalesce(a, b, …) -> type of the values",
    summary: "The first value that is not null.",
    notes: "All values have one type, as in `iff`; null if all are null. An empty text is a value.",
    named: false,
    arity: 1..=usize::MAX,
    examples: &[
        ("coalesce(null, 2, 3)", "2"),
        (r#"coalesce("", "x")"#, r#""""#),
        (r#"coalesce(tolong("x"), 1.5)"#, "1.5"),
        ("coalesce(null, null)", "null"),
    ],
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
