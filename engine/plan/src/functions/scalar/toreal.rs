//! `toreal(value) -> real`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::convert;
use crate::functions::{Group, Scalar};
use crate::types::Type;

/// `toreal`
pub const FUNCTION: Scalar = Scalar {
    name: "toreal",
    group: Group::Convert,
    signature: "toreal(value) -> real",
    summary: "The value as real; null where it does not convert.",
    notes: "Text: a decimal number, `inf` or `nan`, white space around it is ignored. A quantity becomes the nearest real, `true` \
            is 1. Of a time write `unixtime(x)`, of a timespan `x / 1s`. Other text is null, and so is null.",
    named: false,
    arity: 1..=1,
    examples: &[
        (r#"toreal("0.5")"#, "0.5"),
        (r#"toreal("1e5")"#, "100000.0"),
        ("toreal(3)", "3.0"),
        (r#"toreal(quantity("100m"))"#, "0.1"),
        (r#"toreal("-inf")"#, r#""-Inf""#),
        (r#"toreal("x")"#, "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    convert(binder, arguments, span, &Type::Real)
}
