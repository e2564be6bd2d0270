//! `avg(value) -> real or timespan`

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{measure, one};
use crate::functions::{Aggregate, Aggregated};
use crate::kernels::total;
use crate::types::Type;

/// `avg`
pub const FUNCTION: Aggregate = Aggregate {
    name: "avg",
    signature: "avg(value) -> real or timespan",
    summary: "The mean.",
    notes: "Values are long, real, quantity or timespan; of all but timespans the mean is a real. Nulls are skipped, no values \
            give null. The mean of timespans is a timespan, truncated toward zero to whole nanoseconds. Dynamic values count as \
            real.",
    arity: 1..=1,
    examples: &[
        ("avg(x)", "1.6666666666666667"),
        ("avg(x * 1s)", r#""1s666ms666us666ns""#),
        ("avg(iff(x > 9, x, null))", "null"),
        ("avg(x * 4000000000000000000)", "6.666666666666667e18"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>) -> Result<Aggregated> {
    let argument = one(arguments)?;
    let value = measure(binder, argument, "the number to sum")?;
    let ty = match value.ty {
        Type::Timespan => Type::Timespan,
        _ => Type::Real,
    };
    Ok(Aggregated::new(total::mean(value.expr, value.ty), ty, true))
}
