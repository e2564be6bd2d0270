//! `max(value) -> type of value`

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{at_key, one, ordered};
use crate::functions::{Aggregate, Aggregated};
use crate::types::Type;

/// `max`
pub const FUNCTION: Aggregate = Aggregate {
    name: "max",
    signature: "max(value) -> type of value",
    summary: "The greatest value.",
    notes: "Nulls and NaN are skipped, no values give null. Texts compare by their bytes, false is less than true. \
            Dynamic values count as real.",
    arity: 1..=1,
    examples: &[
        ("max(x)", "2"),
        ("max(iff(x == 1, \"b\", \"a\"))", r#""b""#),
        ("max(x == 1)", "true"),
        ("max(iff(x == 1, toreal(\"nan\"), 0.5))", "0.5"),
        ("max(x * 1h)", r#""2h""#),
        ("max(null)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>) -> Result<Aggregated> {
    let argument = one(arguments)?;
    let value = ordered(binder, argument)?;
    if value.ty == Type::Real {
        // DataFusion begins with the greatest finite numbers and gives one of them for a group of nothing but an infinity.
        return at_key(binder, value.clone(), value, false);
    }
    Ok(Aggregated::new(
        datafusion_functions_aggregate::expr_fn::max(value.expr),
        value.ty,
        true,
    ))
}
