//! `count() -> long`

use datafusion_expr::lit;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::{Aggregate, Aggregated};
use crate::types::Type;

/// `count`
pub const FUNCTION: Aggregate = Aggregate {
    name: "count",
    signature: "count() -> long",
    summary: "The number of rows.",
    notes: "Of no rows it is 0. As a column without a name it is called `count_`. Nulls do not matter: it counts rows. \
            `countif(isnotnull(x))` counts values.",
    arity: 0..=0,
    examples: &[("count()", "4"), ("count() * 2", "8")],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>) -> Result<Aggregated> {
    let _ = (binder, arguments);
    Ok(Aggregated::new(
        datafusion_functions_aggregate::expr_fn::count(lit(1_i64)),
        Type::Long,
        false,
    ))
}
