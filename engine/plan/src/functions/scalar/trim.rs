//! `trim(text [, characters]) -> string`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{total, typed};
use crate::functions::{Group, Scalar};
use crate::kernels::strings::Trim;
use crate::types::Type;

/// `trim`
pub const FUNCTION: Scalar = Scalar {
    name: "trim",
    group: Group::String,
    signature: "trim(text [, characters]) -> string",
    summary: "The text without white space at its ends, or without any of the given characters.",
    notes: "White space is Unicode's. The order of the characters does not matter. Without any characters to take off (`\"\"`) \
            the text stays. Null where an argument is null.",
    named: false,
    arity: 1..=2,
    examples: &[
        (r#"trim("  a b\n")"#, r#""a b""#),
        (r#"trim("[x]", "[]")"#, r#""x""#),
        (r#"trim("x", "")"#, r#""x""#),
        ("trim(null)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let parameters = [("text", Type::String), ("characters", Type::String)];
    let arguments = typed(binder, FUNCTION.name, arguments, &parameters)?;
    Ok(total(Trim, arguments, Type::String, span))
}
