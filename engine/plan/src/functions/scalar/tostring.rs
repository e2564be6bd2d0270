//! `tostring(value) -> string`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::convert;
use crate::functions::{Group, Scalar};
use crate::types::Type;

/// `tostring`
pub const FUNCTION: Scalar = Scalar {
    name: "tostring",
    group: Group::Convert,
    signature: "tostring(value) -> string",
    summary: "The value as text.",
    notes: "Numbers in plain decimal digits, the fewest that read back; times in RFC 3339, timespans as `1h30m`. A dynamic \
        text is its text, other dynamic values, lists, maps and structs are compact JSON. Only null is null.",
    named: false,
    arity: 1..=1,
    examples: &[
        ("tostring(42)", r#""42""#),
        ("tostring(1.0)", r#""1""#),
        ("tostring(1e21)", r#""1000000000000000000000""#),
        ("tostring(true)", r#""true""#),
        ("tostring(90m)", r#""1h30m""#),
        (
            "tostring(datetime(2026-01-02))",
            r#""2026-01-02T00:00:00Z""#,
        ),
        (r#"tostring(quantity("500m"))"#, r#""0.5""#),
        (r#"tostring(parse_json('"text"'))"#, r#""text""#),
        (
            r#"tostring(parse_json('{"a": [1, 2]}'))"#,
            r#""{\"a\":[1,2]}""#,
        ),
        (r#"tostring(split("a,b", ","))"#, r#""[\"a\",\"b\"]""#),
        ("tostring(null)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    convert(binder, arguments, span, &Type::String)
}
