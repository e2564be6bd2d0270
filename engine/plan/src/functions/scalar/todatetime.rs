//! `todatetime(value) -> datetime`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::scalar::convert;
use crate::functions::{Group, Scalar};
use crate::types::Type;

/// `todatetime`
pub const FUNCTION: Scalar = Scalar {
    name: "todatetime",
    group: Group::Convert,
    signature: "todatetime(value) -> datetime",
    summary: "The value as datetime; null where it does not convert.",
    notes: "",
    named: false,
    arity: 1..=1,
    examples: &[
        (
            r#"todatetime("2026-01-02T03:04:05Z")"#,
            r#""2026-01-02T03:04:05Z""#,
        ),
        (r#"todatetime("soon")"#, "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    convert(binder, arguments, span, &Type::Datetime)
}
