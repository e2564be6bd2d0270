//! `make_list(value) -> list`

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::aggregate::{collected, one};
use crate::functions::{Aggregate, Aggregated};

/// `make_list`
pub const FUNCTION: Aggregate = Aggregate {
    name: "make_list",
    signature: "make_list(value) -> list",
    summary: "All values that are not null, in no particular order.",
    notes: "",
    arity: 1..=1,
    examples: &[("make_list(x)", "[1,2,2]")],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>) -> Result<Aggregated> {
    let _ = binder;
    let argument = one(arguments)?;
    Ok(collected(argument, false))
}
