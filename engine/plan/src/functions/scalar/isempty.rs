//! `isempty(text) -> bool`

use trawl_lang::span::Span;

use datafusion_expr::lit;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::scalar::text;
use crate::functions::{Group, Scalar};
use crate::types::Type;

/// `isempty`
pub const FUNCTION: Scalar = Scalar {
    name: "isempty",
    group: Group::Null,
    signature: "isempty(text) -> bool",
    summary: "Whether the text is null or has no characters.",
    notes: "",
    named: false,
    arity: 1..=1,
    examples: &[(r#"isempty("")"#, "true"), (r#"isempty("a")"#, "false")],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let text = text(binder, arguments, span)?;
    let empty = text.expr.clone().is_null().or(text.expr.eq(lit("")));
    Ok(Bound::computed(empty, Type::Bool, false, span))
}
