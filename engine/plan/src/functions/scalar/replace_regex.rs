//! `replace_regex(text, regex, to) -> string`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result, known_regex};
use crate::functions::support::{partial, typed};
use crate::functions::{Group, Scalar};
use crate::kernels::regex::ReplaceRegex;
use crate::types::Type;

/// `replace_regex`
pub const FUNCTION: Scalar = Scalar {
    name: "replace_regex",
    group: Group::String,
    signature: "replace_regex(text, regex, to) -> string",
    summary: "The text with every match of a regular expression replaced.",
    notes: "In `to`, `$1` and `${name}` are groups of the match, `$0` is all of it and `$$` a dollar sign. A pattern from a \
        column that is no regular expression gives null.",
    named: false,
    arity: 3..=3,
    examples: &[
        (
            r#"replace_regex("web-7f9c-x2", "-[0-9a-f]+", "")"#,
            r#""web-x2""#,
        ),
        (
            r#"replace_regex("a1b22", "[0-9]+", "<$0>")"#,
            r#""a<1>b<22>""#,
        ),
        (
            r#"replace_regex("k=v", "(?P<key>\\w)=(\\w)", "${2}=${key}")"#,
            r#""v=k""#,
        ),
        (r#"replace_regex("a", iff(true, "[a", ""), "b")"#, "null"),
        (r#"replace_regex(null, "a", "b")"#, "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let parameters = [
        ("text", Type::String),
        ("regex", Type::String),
        ("to", Type::String),
    ];
    let arguments = typed(binder, FUNCTION.name, arguments, &parameters)?;
    if let Some(regex) = arguments.get(1) {
        known_regex(regex)?;
    }
    Ok(partial(ReplaceRegex, arguments, Type::String, span))
}
