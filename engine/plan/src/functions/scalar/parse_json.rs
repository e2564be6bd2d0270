//! `parse_json(text) -> dynamic`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{partial, typed};
use crate::functions::{Group, Scalar};
use crate::kernels::json::ParseJson;
use crate::types::Type;

/// `parse_json`
pub const FUNCTION: Scalar = Scalar {
    name: "parse_json",
    group: Group::Convert,
    signature: "parse_json(text) -> dynamic",
    summary: "The JSON document that a text holds; null where it holds none.",
    notes: "Paths read on: `parse_json(x).a[0].b`. A JSON null is null. Text that is nested 128 levels deep or deeper is \
        null.",
    named: false,
    arity: 1..=1,
    examples: &[
        (r#"parse_json('{"a": [1, 2]}')"#, r#"{"a":[1,2]}"#),
        (r#"parse_json('{"a": [1, 2]}').a[1]"#, "2"),
        (r#"parse_json("null")"#, "null"),
        (r#"parse_json("{")"#, "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let arguments = typed(binder, FUNCTION.name, arguments, &[("text", Type::String)])?;
    Ok(partial(ParseJson, arguments, Type::Dynamic, span))
}
