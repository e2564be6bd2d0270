//! `sumif(value, condition) -> type of value`

use datafusion_expr::when;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{measure, two};
use crate::functions::{Aggregate, Aggregated};
use crate::kernels::total;
use crate::types::Type;

/// `sumif`
pub const FUNCTION: Aggregate = Aggregate {
    name: "sumif",
    signature: "sumif(value, condition) -> type of value",
    summary: "The sum over the rows for which the condition is true.",
    notes: "Values are long, real, quantity or timespan. A condition that is null counts as false. As `sum` of those rows: null \
            where there is nothing to sum.",
    arity: 2..=2,
    examples: &[
        ("sumif(x, x > 1)", "4"),
        ("sumif(x * 1s, x == 1)", r#""1s""#),
        ("sumif(x, x > 9)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>) -> Result<Aggregated> {
    let (value, condition) = two(arguments)?;
    let value = measure(binder, value, "the number to sum")?;
    let condition = binder.coerce(condition, &Type::Bool, "the condition of `sumif`")?;
    let (span, ty) = (condition.span, value.ty);
    let counted = when(condition.expr, value.expr)
        .end()
        .map_err(|error| binder.bug(&error, span))?;
    Ok(Aggregated::new(total::sum(counted, ty.clone()), ty, true))
}
