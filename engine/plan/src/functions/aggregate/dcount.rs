//! `dcount(value) -> long`

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::aggregate::one;
use crate::functions::{Aggregate, Aggregated};
use crate::types::Type;

/// `dcount`
pub const FUNCTION: Aggregate = Aggregate {
    name: "dcount",
    signature: "dcount(value) -> long",
    summary: "The number of different values, exactly; null is not counted.",
    notes: "",
    arity: 1..=1,
    examples: &[("dcount(x)", "2")],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>) -> Result<Aggregated> {
    let _ = binder;
    let argument = one(arguments)?;
    Ok(Aggregated::new(
        datafusion_functions_aggregate::expr_fn::count_distinct(argument.expr),
        Type::Long,
        false,
    ))
}
