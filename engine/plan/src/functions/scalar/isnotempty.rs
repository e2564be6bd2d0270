//! `isnotempty(value) -> bool`

use datafusion_expr::Expr;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::empty;
use crate::functions::{Group, Scalar};
use crate::types::Type;

/// `isnotempty`
pub const FUNCTION: Scalar = Scalar {
    name: "isnotempty",
    group: Group::Null,
    signature: "isnotempty(value) -> bool",
    summary: "Whether a text, list, map or document has something in it.",
    notes: "The opposite of `isempty`. Never null.",
    named: false,
    arity: 1..=1,
    examples: &[
        (r#"isnotempty("")"#, "false"),
        (r#"isnotempty("a")"#, "true"),
        ("isnotempty(null)", "false"),
        (r#"isnotempty(parse_json('{"a":1}'))"#, "true"),
        (r#"isnotempty(split("", ","))"#, "true"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let empty = empty(binder, arguments, FUNCTION.name)?;
    Ok(Bound::computed(
        Expr::Not(Box::new(empty)),
        Type::Bool,
        false,
        span,
    ))
}
