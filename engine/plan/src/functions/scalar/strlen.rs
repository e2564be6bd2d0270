//! `strlen(text) -> long`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{one, typed};
use crate::functions::{Group, Scalar};
use crate::types::Type;

/// `strlen`
pub const FUNCTION: Scalar = Scalar {
    name: "strlen",
    group: Group::String,
    signature: "strlen(text) -> long",
    summary: "The number of characters.",
    notes: "Characters are Unicode scalar values, not bytes. Of null it is null, of the empty text 0.",
    named: false,
    arity: 1..=1,
    examples: &[
        (r#"strlen("né")"#, "2"),
        (r#"strlen("")"#, "0"),
        ("strlen(null)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let arguments = typed(binder, FUNCTION.name, arguments, &[("text", Type::String)])?;
    let text = one(arguments)?;
    let expr = datafusion_expr::cast(
        datafusion_functions::unicode::expr_fn::character_length(text.expr),
        Type::Long.arrow(),
    );
    Ok(Bound::computed(expr, Type::Long, text.nullable, span))
}
