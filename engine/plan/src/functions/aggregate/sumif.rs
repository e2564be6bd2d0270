//! `sumif(number, condition)`

use datafusion_expr::when;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::aggregate::{number, one, sum_of};
use crate::functions::{Aggregate, Aggregated};
use crate::types::Type;

/// `sumif`
pub const FUNCTION: Aggregate = Aggregate {
    name: "sumif",
    signature: "sumif(number, condition)",
    summary: "The sum of the rows for which the condition is true.",
    notes: "",
    arity: 2..=2,
    examples: &[("sumif(x, x > 1)", "4")],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>) -> Result<Aggregated> {
    let mut arguments = arguments.into_iter();
    let value = number(binder, one(arguments.by_ref().take(1).collect())?)?;
    let condition = binder.coerce(
        one(arguments.collect())?,
        &Type::Bool,
        "the condition of `sumif`",
    )?;
    let (span, ty) = (condition.span, value.ty);
    let counted = when(condition.expr, value.expr)
        .end()
        .map_err(|error| binder.bug(&error, span))?;
    Ok(sum_of(counted, ty))
}
