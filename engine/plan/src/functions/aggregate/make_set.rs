//! `make_set(value) -> list`

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::aggregate::{collected, one};
use crate::functions::{Aggregate, Aggregated};

/// `make_set`
pub const FUNCTION: Aggregate = Aggregate {
    name: "make_set",
    signature: "make_set(value) -> list",
    summary: "The different values that are not null, in no particular order.",
    notes: "",
    arity: 1..=1,
    examples: &[("make_set(iff(x == 1, null, x))", "[2]")],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>) -> Result<Aggregated> {
    let _ = binder;
    let argument = one(arguments)?;
    Ok(collected(argument, true))
}
