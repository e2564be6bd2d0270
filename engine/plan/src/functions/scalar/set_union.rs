//! `set_union(list, list, …) -> list`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::set_of;
use crate::functions::{Group, Scalar};
use crate::kernels::list::SetOp;

/// `set_union`
pub const FUNCTION: Scalar = Scalar {
    name: "set_union",
    group: Group::Collection,
    signature: "set_union(list, list, …) -> list",
    summary: "The different items of all lists.",
    notes: "The items get the one type that all of them fit in and stand in the order in which they first appear. Null is \
            an item like another, and so is NaN. Null where one of the lists is null.",
    named: false,
    arity: 2..=usize::MAX,
    examples: &[
        ("set_union([3, 1, 3], [2, null], [1])", "[3, 1, 2, null]"),
        ("set_union([], [0.5, 1])", "[0.5, 1.0]"),
        ("set_union([1], null)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    set_of(binder, arguments, span, SetOp::Union)
}
