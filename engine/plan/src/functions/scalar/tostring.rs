//! `tostring(value) -> string`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::scalar::convert;
use crate::functions::{Group, Scalar};
use crate::types::Type;

/// `tostring`
pub const FUNCTION: Scalar = Scalar {
    name: "tostring",
    group: Group::Convert,
    signature: "tostring(value) -> string",
    summary: "The value as string; null where it does not convert.",
    notes: "",
    named: false,
    arity: 1..=1,
    examples: &[
        ("tostring(42)", r#""42""#),
        ("tostring(90m)", r#""1h30m""#),
        (
            "tostring(datetime(2026-01-02))",
            r#""2026-01-02T00:00:00Z""#,
        ),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    convert(binder, arguments, span, &Type::String)
}
