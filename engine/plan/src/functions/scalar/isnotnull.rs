//! `isnotnull(value) -> bool`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::one;
use crate::functions::{Group, Scalar};
use crate::types::Type;

/// `isnotnull`
pub const FUNCTION: Scalar = Scalar {
    name: "isnotnull",
    group: Group::Null,
    signature: "isnotnull(value) -> bool",
    summary: "Whether the value is not null.",
    notes: "Takes any type and is never null itself. A JSON null is null.",
    named: false,
    arity: 1..=1,
    examples: &[
        ("isnotnull(null)", "false"),
        (r#"isnotnull("")"#, "true"),
        (r#"isnotnull(tolong("x"))"#, "false"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let _ = binder;
    let value = one(arguments)?;
    let test = value.expr.is_not_null();
    Ok(Bound::computed(test, Type::Bool, false, span))
}
