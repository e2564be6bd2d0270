//! `tolower(text) -> string`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{one, typed};
use crate::functions::{Group, Scalar};
use crate::types::Type;

/// `tolower`
pub const FUNCTION: Scalar = Scalar {
    name: "tolower",
    group: Group::String,
    signature: "tolower(text) -> string",
    summary: "The text in lower case.",
    notes: "By Unicode's rules, so that the length can change. Of null it is null.",
    named: false,
    arity: 1..=1,
    examples: &[
        (r#"tolower("Ab")"#, r#""ab""#),
        (r#"tolower("ÄÉ")"#, r#""äé""#),
        ("tolower(null)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let arguments = typed(binder, FUNCTION.name, arguments, &[("text", Type::String)])?;
    let text = one(arguments)?;
    let expr = datafusion_functions::string::expr_fn::lower(text.expr);
    Ok(Bound::computed(expr, Type::String, text.nullable, span))
}
