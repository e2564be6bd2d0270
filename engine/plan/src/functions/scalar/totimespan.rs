//! `totimespan(value) -> timespan`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::convert;
use crate::functions::{Group, Scalar};
use crate::types::Type;

/// `totimespan`
pub const FUNCTION: Scalar = Scalar {
    name: "totimespan",
    group: Group::Convert,
    signature: "totimespan(value) -> timespan",
    summary: "The value as timespan; null where it does not convert.",
    notes: "Text as the language writes it: numbers with `ns us ms s m h d w`, and a `-` before all of them. Of a number write `x \
            * 1s`. Other text is null, a number without a unit too, and so is null.",
    named: false,
    arity: 1..=1,
    examples: &[
        (r#"totimespan("1h30m")"#, r#""1h30m""#),
        (r#"totimespan("-5m")"#, r#""-5m""#),
        (r#"totimespan("1.5h")"#, r#""1h30m""#),
        (r#"totimespan("soon")"#, "null"),
        (r#"totimespan("5")"#, "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    convert(binder, arguments, span, &Type::Timespan)
}
