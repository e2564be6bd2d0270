//! `tolong(value) -> long`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::convert;
use crate::functions::{Group, Scalar};
use crate::types::Type;

/// `tolong`
pub const FUNCTION: Scalar = Scalar {
    name: "tolong",
    group: Group::Convert,
    signature: "tolong(value) -> long",
    summary: "The value as long; null where it does not convert.",
    notes: "Text: a whole decimal number with an optional sign, white space around it is ignored. Reals and quantities lose \
        their fraction; NaN, infinities and what is beyond 64 bits are null. `true` is 1. Of a time write `unixtime(x)`, \
        of a timespan `x / 1s`.",
    named: false,
    arity: 1..=1,
    examples: &[
        (r#"tolong("42")"#, "42"),
        (r#"tolong(" -7 ")"#, "-7"),
        (r#"tolong("1.5")"#, "null"),
        ("tolong(2.9)", "2"),
        ("tolong(-2.9)", "-2"),
        ("tolong(1e300)", "null"),
        ("tolong(true)", "1"),
        (r#"tolong(quantity("1500m"))"#, "1"),
        (r#"tolong("x")"#, "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    convert(binder, arguments, span, &Type::Long)
}
