//! `min(value) -> type of value`

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{at_key, one, ordered};
use crate::functions::{Aggregate, Aggregated};
use crate::types::Type;

/// `min`
pub const FUNCTION: Aggregate = Aggregate {
    name: "min",
    signature: "min(value) -> type of value",
    summary: "The least value.",
    notes: "Nulls and NaN are skipped, no values give null. Texts compare by their bytes, false is less than true. \
            Dynamic values count as real.",
    arity: 1..=1,
    examples: &[
        ("min(x)", "1"),
        ("min(iff(x == 1, \"b\", \"a\"))", r#""a""#),
        ("min(x == 1)", "false"),
        ("min(iff(x == 1, toreal(\"nan\"), 0.5))", "0.5"),
        ("min(x * 1h)", r#""1h""#),
        ("min(null)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>) -> Result<Aggregated> {
    let argument = one(arguments)?;
    let value = ordered(binder, argument)?;
    if value.ty == Type::Real {
        // DataFusion begins with the greatest finite numbers and gives one of them for a group of nothing but an infinity.
        return at_key(binder, value.clone(), value, true);
    }
    Ok(Aggregated::new(
        datafusion_functions_aggregate::expr_fn::min(value.expr),
        value.ty,
        true,
    ))
}
