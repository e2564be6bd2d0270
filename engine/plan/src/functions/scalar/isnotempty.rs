//! `isnotempty(text) -> bool`

use trawl_lang::span::Span;

use datafusion_expr::lit;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::scalar::text;
use crate::functions::{Group, Scalar};
use crate::types::Type;

/// `isnotempty`
pub const FUNCTION: Scalar = Scalar {
    name: "isnotempty",
    group: Group::Null,
    signature: "isnotempty(text) -> bool",
    summary: "Whether the text has a character.",
    notes: "",
    named: false,
    arity: 1..=1,
    examples: &[
        (r#"isnotempty("")"#, "false"),
        (r#"isnotempty("a")"#, "true"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let text = text(binder, arguments, span)?;
    let some = text
        .expr
        .clone()
        .is_not_null()
        .and(text.expr.not_eq(lit("")));
    Ok(Bound::computed(some, Type::Bool, false, span))
}
