//! `toupper(text) -> string`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{one, typed};
use crate::functions::{Group, Scalar};
use crate::types::Type;

/// `toupper`
pub const FUNCTION: Scalar = Scalar {
    name: "toupper",
    group: Group::String,
    signature: "toupper(text) -> string",
    summary: "The text in upper case.",
    notes: "By Unicode's rules, so that the length can change. Of null it is null.",
    named: false,
    arity: 1..=1,
    examples: &[
        (r#"toupper("Ab")"#, r#""AB""#),
        (r#"toupper("äß")"#, r#""ÄSS""#),
        ("toupper(null)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let arguments = typed(binder, FUNCTION.name, arguments, &[("text", Type::String)])?;
    let text = one(arguments)?;
    let expr = datafusion_functions::string::expr_fn::upper(text.expr);
    Ok(Bound::computed(expr, Type::String, text.nullable, span))
}
