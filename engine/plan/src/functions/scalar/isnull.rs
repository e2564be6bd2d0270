//! `isnull(value) -> bool`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::one;
use crate::functions::{Group, Scalar};
use crate::types::Type;

/// `isnull`
pub const FUNCTION: Scalar = Scalar {
    name: "isnull",
    group: Group::Null,
    signature: "isnull(value) -> bool",
    summary: "Whether the value is null.",
    notes: "Takes any type and is never null itself. A JSON null is null.",
    named: false,
    arity: 1..=1,
    examples: &[
        ("isnull(null)", "true"),
        ("isnull(0)", "false"),
        (r#"isnull(parse_json("null"))"#, "true"),
        (r#"isnull(split("", ","))"#, "false"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let _ = binder;
    let value = one(arguments)?;
    let test = value.expr.is_null();
    Ok(Bound::computed(test, Type::Bool, false, span))
}
