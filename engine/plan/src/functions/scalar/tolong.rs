//! `tolong(value) -> long`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::scalar::convert;
use crate::functions::{Group, Scalar};
use crate::types::Type;

/// `tolong`
pub const FUNCTION: Scalar = Scalar {
    name: "tolong",
    group: Group::Convert,
    signature: "tolong(value) -> long",
    summary: "The value as long; null where it does not convert.",
    notes: "",
    named: false,
    arity: 1..=1,
    examples: &[
        (r#"tolong("42")"#, "42"),
        ("tolong(2.9)", "2"),
        (r#"tolong("x")"#, "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    convert(binder, arguments, span, &Type::Long)
}
