//! `totimespan(value) -> timespan`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::scalar::convert;
use crate::functions::{Group, Scalar};
use crate::types::Type;

/// `totimespan`
pub const FUNCTION: Scalar = Scalar {
    name: "totimespan",
    group: Group::Convert,
    signature: "totimespan(value) -> timespan",
    summary: "The value as timespan; null where it does not convert.",
    notes: "",
    named: false,
    arity: 1..=1,
    examples: &[
        (r#"totimespan("1h30m")"#, r#""1h30m""#),
        (r#"totimespan("soon")"#, "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    convert(binder, arguments, span, &Type::Timespan)
}
