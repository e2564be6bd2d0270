//! `isempty` and `isnotempty`: what has something in it, by type.

use datafusion_expr::{Expr, lit};
use trawl_lang::Diagnostic;

use super::one;
use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::kernels::{self, empty::NoItems, json::EmptyDocument};
use crate::types::Type;

/// Whether the only argument is null or has nothing in it; never null.
pub(crate) fn empty(
    binder: &mut Binder<'_>,
    arguments: Vec<Bound>,
    function: &str,
) -> Result<Expr> {
    let argument = one(arguments)?;
    Ok(match &argument.ty {
        Type::Null => lit(true),
        Type::String => {
            let text = argument.expr;
            // Plain comparisons, which sources understand.
            text.clone().is_null().or(text.eq(lit("")).is_true())
        }
        Type::Dynamic => {
            let document = binder.coerce(argument, &Type::Dynamic, "the argument")?;
            kernels::call(EmptyDocument, vec![document.expr])
        }
        Type::List(_) | Type::Map(_) => kernels::call(NoItems, vec![argument.expr]),
        other => {
            let message = format!("`{function}` takes a string, list, map or dynamic, not {other}");
            return Err(Diagnostic::error("Q0301", message)
                .label(argument.span, format!("this is {other}"))
                .help("whether it is null say `isnull(…)` and `isnotnull(…)`")
                .into());
        }
    })
}
