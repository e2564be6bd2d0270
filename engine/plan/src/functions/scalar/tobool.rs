//! `tobool(value) -> bool`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::Scalar;
use crate::functions::scalar::convert;
use crate::types::Type;

/// `tobool`
pub const FUNCTION: Scalar = Scalar {
    name: "tobool",
    signature: "tobool(value) -> bool",
    summary: "The value as bool; null where it does not convert.",
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
