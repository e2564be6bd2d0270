//! `take_any(value)`

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::aggregate::one;
use crate::functions::{Aggregate, Aggregated};

/// `take_any`
pub const FUNCTION: Aggregate = Aggregate {
    name: "take_any",
    signature: "take_any(value)",
    summary: "The value of one row, whichever comes first.",
    notes: "",
    arity: 1..=1,
    examples: &[("take_any(7)", "7")],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>) -> Result<Aggregated> {
    let _ = binder;
    let argument = one(arguments)?;
    Ok(Aggregated::new(
        datafusion_functions_aggregate::expr_fn::first_value(argument.expr, vec![]),
        argument.ty,
        true,
    ))
}
