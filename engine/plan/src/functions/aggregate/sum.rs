//! `sum(number)`

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::aggregate::{number, one, sum_of};
use crate::functions::{Aggregate, Aggregated};

/// `sum`
pub const FUNCTION: Aggregate = Aggregate {
    name: "sum",
    signature: "sum(number)",
    summary: "The sum; nulls are skipped, no values give null.",
    notes: "",
    arity: 1..=1,
    examples: &[("sum(x)", "5")],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>) -> Result<Aggregated> {
    let argument = one(arguments)?;
    let value = number(binder, argument)?;
    Ok(sum_of(value.expr, value.ty))
}
