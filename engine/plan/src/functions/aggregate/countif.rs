//! `countif(condition) -> long`

use datafusion_expr::{lit, when};

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::one;
use crate::functions::{Aggregate, Aggregated};
use crate::types::Type;

/// `countif`
pub const FUNCTION: Aggregate = Aggregate {
    name: "countif",
    signature: "countif(condition) -> long",
    summary: "The number of rows for which the condition is true.",
    notes: "A condition that is null counts as false.",
    arity: 1..=1,
    examples: &[
        ("countif(x == 2)", "2"),
        ("countif(x > 9)", "0"),
        ("countif(iff(x == 1, null, true))", "3"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>) -> Result<Aggregated> {
    let argument = one(arguments)?;
    let condition = binder.coerce(argument, &Type::Bool, "the argument of `countif`")?;
    let (span, expr) = (condition.span, condition.expr);
    let counted = when(expr, lit(1_i64))
        .end()
        .map_err(|error| binder.bug(&error, span))?;
    Ok(Aggregated::new(
        datafusion_functions_aggregate::expr_fn::count(counted),
        Type::Long,
        false,
    ))
}
