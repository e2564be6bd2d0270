//! `take_any(value) -> type of value`

use datafusion_expr::ExprFunctionExt;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::one;
use crate::functions::{Aggregate, Aggregated};

/// `take_any`
pub const FUNCTION: Aggregate = Aggregate {
    name: "take_any",
    signature: "take_any(value) -> type of value",
    summary: "A value of one of the rows.",
    notes: "Which one is not specified, but it is null only where all are.",
    arity: 1..=1,
    examples: &[
        ("take_any(7)", "7"),
        ("take_any(iff(x == 1, x, null))", "1"),
        ("take_any(iff(x == 1, pack(x), null))", r#"{"x": 1}"#),
        ("take_any(iff(x > 9, x, null))", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>) -> Result<Aggregated> {
    let argument = one(arguments)?;
    let present = argument.expr.clone().is_not_null();
    let first = datafusion_functions_aggregate::expr_fn::first_value(argument.expr, vec![]);
    let span = argument.span;
    let expr = first
        .filter(present)
        .build()
        .map_err(|error| binder.bug(&error, span))?;
    Ok(Aggregated::new(expr, argument.ty, true))
}
