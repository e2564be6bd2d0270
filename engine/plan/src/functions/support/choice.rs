//! `iff` and `case`: one of several values, by conditions.

use datafusion_expr::when;
use trawl_lang::Diagnostic;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result, same_type};
use crate::types::Type;

/// Pairs of condition and value, then the value otherwise.
pub(crate) fn cases(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    if arguments.len().is_multiple_of(2) {
        return Err(Diagnostic::error(
            "Q0309",
            "pairs of condition and value, then one value otherwise",
        )
        .label(span, "the value otherwise is missing")
        .into());
    }
    let mut conditions = Vec::new();
    let mut values = Vec::new();
    let count = arguments.len();
    for (position, argument) in arguments.into_iter().enumerate() {
        if position.is_multiple_of(2) && position + 1 < count {
            conditions.push(binder.coerce(argument, &Type::Bool, "a condition")?);
        } else {
            values.push(argument);
        }
    }
    let (mut values, ty) = same_type(binder, values, span)?;
    let nullable = values.iter().any(|value| value.nullable);
    let otherwise = values.pop().map(|value| value.expr);
    let mut branches = conditions.into_iter().zip(values);
    let (Some((condition, value)), Some(otherwise)) = (branches.next(), otherwise) else {
        return Err(Diagnostic::error("Q0309", "a condition is missing")
            .label(span, "here")
            .into());
    };
    let mut builder = when(condition.expr, value.expr);
    for (condition, value) in branches {
        builder = builder.when(condition.expr, value.expr);
    }
    let expr = builder
        .otherwise(otherwise)
        .map_err(|error| binder.bug(&error, span))?;
    Ok(Bound::computed(expr, ty, nullable, span))
}
