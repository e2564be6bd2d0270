//! `tobool(value) -> bool`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::convert;
use crate::functions::{Group, Scalar};
use crate::types::Type;

/// `tobool`
pub const FUNCTION: Scalar = Scalar {
    name: "tobool",
    group: Group::Convert,
    signature: "tobool(value) -> bool",
    summary: "The value as bool; null where it does not convert.",
    notes: "Text: `true` or `false` in any case, white space around it is ignored; `\"1\"` and `\"0\"` are null. Numbers: 0 is \
        false, all others are true, NaN is null.",
    named: false,
    arity: 1..=1,
    examples: &[
        (r#"tobool("true")"#, "true"),
        (r#"tobool(" FALSE ")"#, "false"),
        (r#"tobool("1")"#, "null"),
        (r#"tobool("maybe")"#, "null"),
        ("tobool(2)", "true"),
        ("tobool(0.0)", "false"),
        (r#"tobool(toreal("nan"))"#, "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    convert(binder, arguments, span, &Type::Bool)
}
