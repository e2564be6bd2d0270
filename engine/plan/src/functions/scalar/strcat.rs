//! `strcat(a, b, …) -> string`

use datafusion_expr::{Expr, Operator, binary_expr};
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::convert;
use crate::functions::{Group, Scalar};
use crate::types::Type;

/// `strcat`
pub const FUNCTION: Scalar = Scalar {
    name: "strcat",
    group: Group::String,
    signature: "strcat(a, b, …) -> string",
    summary: "The values joined as text; null if one is null.",
    notes: "Values that are no text are written as by `tostring`. Null where an argument is null. With `coalesce(x, \"\")` null \
            counts as empty.",
    named: false,
    arity: 1..=usize::MAX,
    examples: &[
        (r#"strcat("a", "-", 1)"#, r#""a-1""#),
        (r#"strcat("a", null)"#, "null"),
        (r#"strcat(1h, true, quantity("500m"))"#, r#""1htrue0.5""#),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let nullable = arguments
        .iter()
        .any(|argument| argument.nullable || argument.ty == Type::Dynamic);
    let mut joined: Option<Expr> = None;
    for argument in arguments {
        let text = convert(binder, vec![argument], span, &Type::String)?;
        joined = Some(match joined {
            Some(left) => binary_expr(left, Operator::StringConcat, text.expr),
            None => text.expr,
        });
    }
    let expr = joined.unwrap_or_else(|| datafusion_expr::lit(""));
    Ok(Bound::computed(expr, Type::String, nullable, span))
}
