//! `arg_min(key, value) -> type of value`

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{at_key, two};
use crate::functions::{Aggregate, Aggregated};

/// `arg_min`
pub const FUNCTION: Aggregate = Aggregate {
    name: "arg_min",
    signature: "arg_min(key, value) -> type of value",
    summary: "The value in a row whose key is the least.",
    notes: "Rows whose key is null or NaN do not count; of several rows with the least key it is any. The value may be null. Null \
            where no row counts. A dynamic key is a real. `arg_min(key, *)` alone in a `summarize` gives whole rows.",
    arity: 2..=2,
    examples: &[
        ("arg_min(x, x * 10)", "10"),
        (
            r#"arg_min(0 - x, strcat("row ", tostring(x)))"#,
            r#""row 2""#,
        ),
        ("arg_min(x, iff(x == 1, null, x))", "null"),
        ("arg_min(iff(x > 9, x, null), x)", "null"),
        (r#"arg_min(iff(x == 1, toreal("nan"), 1.0), x)"#, "2"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>) -> Result<Aggregated> {
    let (key, value) = two(arguments)?;
    at_key(binder, key, value, true)
}
