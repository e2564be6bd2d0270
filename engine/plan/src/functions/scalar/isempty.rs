//! `isempty(value) -> bool`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::empty;
use crate::functions::{Group, Scalar};
use crate::types::Type;

/// `isempty`
pub const FUNCTION: Scalar = Scalar {
    name: "isempty",
    group: Group::Null,
    signature: "isempty(value) -> bool",
    summary: "Whether a text, list, map or document is null or has nothing in it.",
    notes: "Of a dynamic value null, `\"\"`, `[]` and `{}` are empty; a number and a bool are not. White space is something. \
        Never null.",
    named: false,
    arity: 1..=1,
    examples: &[
        (r#"isempty("")"#, "true"),
        (r#"isempty(" ")"#, "false"),
        ("isempty(null)", "true"),
        (r#"isempty(parse_json("[]"))"#, "true"),
        (r#"isempty(parse_json("0"))"#, "false"),
        (r#"isempty(split("a", ","))"#, "false"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let empty = empty(binder, arguments, FUNCTION.name)?;
    Ok(Bound::computed(empty, Type::Bool, false, span))
}
