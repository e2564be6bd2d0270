//! `make_list(value) -> list`

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{collected, one};
use crate::functions::{Aggregate, Aggregated};
use crate::kernels::{self, list::Sorted};
use crate::types::Type;

/// `make_list`
pub const FUNCTION: Aggregate = Aggregate {
    name: "make_list",
    signature: "make_list(value) -> list",
    summary: "All values that are not null, ascending.",
    notes: "Rows come in no order, so the list has one of its own, that of `make_set`: the same rows always give the same list. No \
            values give an empty list. Nulls are skipped.",
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
    let kernel = Sorted {
        set: false,
        dynamic: argument.ty == Type::Dynamic,
    };
    let list = collected(argument, false).map_err(|error| binder.bug(&error, span))?;
    // Rows come in no order, and the same question should have the same answer.
    Ok(list.finished(move |values| kernels::call(kernel, vec![values])))
}
