//! `todatetime(value) -> datetime`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::convert;
use crate::functions::{Group, Scalar};
use crate::types::Type;

/// `todatetime`
pub const FUNCTION: Scalar = Scalar {
    name: "todatetime",
    group: Group::Convert,
    signature: "todatetime(value) -> datetime",
    summary: "The value as datetime; null where it does not convert.",
    notes: "Text in ISO 8601; without a zone it is UTC. Years before 1677 and after 2262 become the first and the last instant \
            that a datetime holds. Of a number write `unixtime(x)`. Other text is null, and so is null.",
    named: false,
    arity: 1..=1,
    examples: &[
        (
            r#"todatetime("2026-01-02T03:04:05Z")"#,
            r#""2026-01-02T03:04:05Z""#,
        ),
        (
            r#"todatetime("2026-01-02T03:04:05.5+02:00")"#,
            r#""2026-01-02T01:04:05.500Z""#,
        ),
        (r#"todatetime("2026-01-02")"#, r#""2026-01-02T00:00:00Z""#),
        (
            r#"todatetime("9999-12-31T23:59:59Z")"#,
            r#""2262-04-11T23:47:16.854775807Z""#,
        ),
        (r#"todatetime("soon")"#, "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    convert(binder, arguments, span, &Type::Datetime)
}
