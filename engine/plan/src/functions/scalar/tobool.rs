//! `tobool(value) -> bool`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::scalar::convert;
use crate::functions::{Group, Scalar};
use crate::types::Type;

/// `tobool`
pub const FUNCTION: Scalar = Scalar {
    name: "tobool",
    group: Group::Convert,
    signature: "tobool(value) -> bool",
    summary: "The value as bool; null where it does not convert.",
    notes: "",
    named: false,
    arity: 1..=1,
    examples: &[
        (r#"tobool("true")"#, "true"),
        (r#"tobool("maybe")"#, "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    convert(binder, arguments, span, &Type::Bool)
}
