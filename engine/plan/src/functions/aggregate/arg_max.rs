//! `arg_max(key, value) -> type of value`

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{at_key, two};
use crate::functions::{Aggregate, Aggregated};

/// `arg_max`
pub const FUNCTION: Aggregate = Aggregate {
    name: "arg_max",
    signature: "arg_max(key, value) -> type of value",
    summary: "The value in a row whose key is the greatest.",
    notes: "Rows whose key is null or NaN do not count; of several rows with the greatest key it is any. The value may be null. \
            Null where no row counts. A dynamic key is a real. `arg_max(key, *)` alone in a `summarize` gives whole rows.",
    arity: 2..=2,
    examples: &[
        ("arg_max(x, x * 10)", "20"),
        (
            r#"arg_max(0 - x, strcat("row ", tostring(x)))"#,
            r#""row 1""#,
        ),
        ("arg_max(x, iff(x == 2, null, x))", "null"),
        ("arg_max(iff(x > 9, x, null), x)", "null"),
        (r#"arg_max(iff(x == 2, toreal("nan"), 1.0), x)"#, "1"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>) -> Result<Aggregated> {
    let (key, value) = two(arguments)?;
    at_key(binder, key, value, false)
}
