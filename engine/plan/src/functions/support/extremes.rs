//! `min_of` and `max_of`: the extreme of the values of one row, nulls and NaN left out.

use datafusion_expr::Expr;
use trawl_lang::Diagnostic;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result, nan_to_null, same_type};
use crate::types::Type;
use crate::value::Value;

/// The extreme of all arguments; `choose` is DataFusion's function, which leaves out nulls.
pub(crate) fn extreme(
    binder: &mut Binder<'_>,
    arguments: Vec<Bound>,
    function: &str,
    choose: fn(Vec<Expr>) -> Expr,
    span: Span,
) -> Result<Bound> {
    let (mut arguments, mut ty) = same_type(binder, arguments, span)?;
    if ty == Type::Null {
        return Ok(Bound::constant(Value::Null, span));
    }
    if ty.is_nested() {
        return Err(Diagnostic::error("Q0303", format!("{ty} has no order"))
            .label(span, format!("`{function}` compares its arguments"))
            .into());
    }
    if ty == Type::Dynamic {
        ty = Type::Real;
        arguments = arguments
            .into_iter()
            .map(|argument| binder.coerce(argument, &ty, "a value"))
            .collect::<Result<_>>()?;
    }
    let nullable = ty == Type::Real || arguments.iter().all(|argument| argument.nullable);
    let values = arguments.into_iter();
    let values = values.map(|argument| nan_to_null(argument.expr, &ty));
    let expr = choose(values.collect());
    Ok(Bound::computed(expr, ty, nullable, span))
}
