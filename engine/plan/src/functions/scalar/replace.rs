//! `replace(text, from, to) -> string`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{total, typed};
use crate::functions::{Group, Scalar};
use crate::kernels::strings::Replace;
use crate::types::Type;

/// `replace`
pub const FUNCTION: Scalar = Scalar {
    name: "replace",
    group: Group::String,
    signature: "replace(text, from, to) -> string",
    summary: "The text with every occurrence of one text replaced by another.",
    notes: "Taken literally, from left to right; an empty `from` changes nothing. For patterns see `replace_regex`. Null where an \
            argument is null.",
    named: false,
    arity: 3..=3,
    examples: &[
        (r#"replace("a-b-c", "-", ".")"#, r#""a.b.c""#),
        (r#"replace("aaa", "aa", "b")"#, r#""ba""#),
        (r#"replace("abc", "", "x")"#, r#""abc""#),
        (r#"replace("abc", "b", null)"#, "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let parameters = [
        ("text", Type::String),
        ("from", Type::String),
        ("to", Type::String),
    ];
    let arguments = typed(binder, FUNCTION.name, arguments, &parameters)?;
    Ok(total(Replace, arguments, Type::String, span))
}
