//! `sum(value) -> type of value`

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{measure, one};
use crate::functions::{Aggregate, Aggregated};
use crate::kernels::total;

/// `sum`
pub const FUNCTION: Aggregate = Aggregate {
    name: "sum",
    signature: "sum(value) -> type of value",
    summary: "The sum, of the type of the values.",
    notes: "Values are long, real, quantity or timespan. Nulls are skipped, no values give null. Null where the sum does not fit \
            its type; what it was on the way there does not matter. Sums of long, timespan and quantity are exact. Dynamic \
            values count as real.",
    arity: 1..=1,
    examples: &[
        ("sum(x)", "5"),
        ("sum(x * 0.5)", "2.5"),
        ("sum(x * 1m)", r#""5m""#),
        ("sum(iff(x > 9, x, null))", "null"),
        ("sum(x * 4000000000000000000)", "null"),
        (r#"sum(x * toreal("inf"))"#, r#""+Inf""#),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>) -> Result<Aggregated> {
    let argument = one(arguments)?;
    let value = measure(binder, argument, "the number to sum")?;
    let ty = value.ty.clone();
    Ok(Aggregated::new(total::sum(value.expr, value.ty), ty, true))
}
