//! `make_list(value) -> list`

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{collected, one};
use crate::functions::{Aggregate, Aggregated};

/// `make_list`
pub const FUNCTION: Aggregate = Aggregate {
    name: "make_list",
    signature: "make_list(value) -> list",
    summary: "All values that are not null, as a list.",
    notes: "The order is not specified; `array_sort(make_list(…))` has one. No values give an empty list. Nulls are skipped.",
    arity: 1..=1,
    examples: &[
        ("make_list(x)", "[1, 2, 2]"),
        ("make_list(iff(x > 9, x, null))", "[]"),
        (
            "make_list(pack(x))",
            r#"[{"x": 1}, {"x": 2}, {"x": 2}, {"x": null}]"#,
        ),
        ("make_list([x, 1])", "[[1, 1], [2, 1], [2, 1], [null, 1]]"),
        ("make_list(null)", "[]"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>) -> Result<Aggregated> {
    let argument = one(arguments)?;
    let span = argument.span;
    collected(argument, false).map_err(|error| binder.bug(&error, span))
}
