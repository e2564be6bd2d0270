//! `make_set(value) -> list`

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{collected, one};
use crate::functions::{Aggregate, Aggregated};
use crate::kernels::{self, list::Sorted};
use crate::types::Type;

/// `make_set`
pub const FUNCTION: Aggregate = Aggregate {
    name: "make_set",
    signature: "make_set(value) -> list",
    summary: "The different values that are not null, ascending.",
    notes: "Texts sort by their bytes, NaN comes last; structs, lists and maps have an order that is fixed but means nothing; \
            dynamic values sort as in `array_sort`. No values give an empty list. Nulls are skipped.",
    arity: 1..=1,
    examples: &[
        ("make_set(x)", "[1, 2]"),
        ("make_set(iff(x == 1, null, x))", "[2]"),
        (
            r#"make_set(strcat("v", tostring(3 - x)))"#,
            r#"["v1", "v2"]"#,
        ),
        ("make_set(0.0 * (1 - x))", "[0.0]"),
        ("make_set(pack(y = x * 0))", r#"[{"y": 0}, {"y": null}]"#),
        ("make_set([x])", "[[1], [2], [null]]"),
        ("make_set(iff(x > 9, x, null))", "[]"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>) -> Result<Aggregated> {
    let argument = one(arguments)?;
    let span = argument.span;
    let kernel = Sorted {
        set: true,
        dynamic: argument.ty == Type::Dynamic,
    };
    let set = collected(argument, true).map_err(|error| binder.bug(&error, span))?;
    Ok(set.finished(move |values| kernels::call(kernel, vec![values])))
}
