//! `min(value)`

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::aggregate::{one, ordered};
use crate::functions::{Aggregate, Aggregated};

/// `min`
pub const FUNCTION: Aggregate = Aggregate {
    name: "min",
    signature: "min(value)",
    summary: "The least value; nulls and NaN are skipped.",
    notes: "",
    arity: 1..=1,
    examples: &[("min(x)", "1")],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>) -> Result<Aggregated> {
    let argument = one(arguments)?;
    let value = ordered(binder, argument)?;
    let expr = crate::expr::nan_to_null(value.expr, &value.ty);
    Ok(Aggregated::new(
        datafusion_functions_aggregate::expr_fn::min(expr),
        value.ty,
        true,
    ))
}
