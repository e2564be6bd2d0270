//! `max(value)`

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::aggregate::{one, ordered};
use crate::functions::{Aggregate, Aggregated};

/// `max`
pub const FUNCTION: Aggregate = Aggregate {
    name: "max",
    signature: "max(value)",
    summary: "The greatest value; nulls and NaN are skipped.",
    notes: "",
    arity: 1..=1,
    examples: &[("max(x)", "2")],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>) -> Result<Aggregated> {
    let argument = one(arguments)?;
    let value = ordered(binder, argument)?;
    let expr = crate::expr::nan_to_null(value.expr, &value.ty);
    Ok(Aggregated::new(
        datafusion_functions_aggregate::expr_fn::max(expr),
        value.ty,
        true,
    ))
}
