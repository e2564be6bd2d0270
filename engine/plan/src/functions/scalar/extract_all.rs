//! `extract_all(regex, text) -> list<string>`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result, known_regex};
use crate::functions::support::{partial, typed};
use crate::functions::{Group, Scalar};
use crate::kernels::regex::ExtractAll;
use crate::types::Type;

/// `extract_all`
pub const FUNCTION: Scalar = Scalar {
    name: "extract_all",
    group: Group::String,
    signature: "extract_all(regex, text) -> list<string>",
    summary: "Every match of a regular expression in a text.",
    notes: "Of each match the first group if the pattern has groups, else the whole; a group that takes no part in a match \
        is a null item. No match gives `[]`.",
    named: false,
    arity: 2..=2,
    examples: &[
        (r#"extract_all("[0-9]+", "a1b22")"#, r#"["1","22"]"#),
        (r#"extract_all("(\\w)=(\\w)", "a=1 b=2")"#, r#"["a","b"]"#),
        (r#"extract_all("(a)|b", "ab")"#, r#"["a",null]"#),
        (r#"extract_all("x", "abc")"#, "[]"),
        (r#"extract_all("x", null)"#, "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let parameters = [("regex", Type::String), ("text", Type::String)];
    let arguments = typed(binder, FUNCTION.name, arguments, &parameters)?;
    if let Some(regex) = arguments.first() {
        known_regex(regex)?;
    }
    let matches = Type::List(Box::new(Type::String));
    Ok(partial(ExtractAll, arguments, matches, span))
}
