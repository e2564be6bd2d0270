//! `extract(regex, group, text) -> string`

use trawl_lang::Diagnostic;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result, known_regex};
use crate::functions::support::{constant, partial, typed};
use crate::functions::{Group, Scalar};
use crate::kernels::regex::Extract;
use crate::types::Type;
use crate::value::Value;

/// `extract`
pub const FUNCTION: Scalar = Scalar {
    name: "extract",
    group: Group::String,
    signature: "extract(regex, group, text) -> string",
    summary: "A group of the first match of a regular expression in a text.",
    notes: "Group 0 is the whole match; `group` is a constant. No match, no such group and a group that takes no part in the \
        match are null.",
    named: false,
    arity: 3..=3,
    examples: &[
        (
            r#"extract("i-[0-9a-f]+$", 0, "aws:///us-east-1a/i-0abc")"#,
            r#""i-0abc""#,
        ),
        (r#"extract("(\\w+)@(\\w+)", 2, "a@b c@d")"#, r#""b""#),
        (r#"extract("x", 0, "abc")"#, "null"),
        (r#"extract("a", 3, "abc")"#, "null"),
        (r#"extract("(x)?a", 1, "abc")"#, "null"),
        (r#"extract("a", 0, null)"#, "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let parameters = [
        ("regex", Type::String),
        ("group", Type::Long),
        ("text", Type::String),
    ];
    let mut arguments = typed(binder, FUNCTION.name, arguments, &parameters)?;
    let group = arguments.remove(1);
    if let Some(regex) = arguments.first() {
        known_regex(regex)?;
    }
    let Value::Long(number) = constant(&group, "`group` of `extract`")? else {
        let null = Bound::constant(Value::Null, span);
        return binder.coerce(null, &Type::String, "the result of `extract`");
    };
    let Ok(number) = usize::try_from(*number) else {
        return Err(
            Diagnostic::error("Q0332", format!("there is no group {number}"))
                .label(group.span, "expected 0 or more")
                .help("0 is the whole match, 1 what the first parentheses hold")
                .into(),
        );
    };
    Ok(partial(
        Extract { group: number },
        arguments,
        Type::String,
        span,
    ))
}
