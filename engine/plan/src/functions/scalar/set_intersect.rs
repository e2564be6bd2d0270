//! `set_intersect(list, list, …) -> list`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::set_of;
use crate::functions::{Group, Scalar};
use crate::kernels::list::SetOp;

/// `set_intersect`
pub const FUNCTION: Scalar = Scalar {
    name: "set_intersect",
    group: Group::Collection,
    signature: "set_intersect(list, list, …) -> list",
    summary: "The different items of the first list that all other lists have too.",
    notes: "The items get the one type that all of them fit in and stand in the order in which they first appear. Null is \
            an item like another, and so is NaN. Null where one of the lists is null.",
    named: false,
    arity: 2..=usize::MAX,
    examples: &[
        ("set_intersect([3, 1, 3, null], [null, 3])", "[3, null]"),
        ("set_intersect([1, 2, 3], [3, 2], [2])", "[2]"),
        ("set_intersect([1], [])", "[]"),
        ("set_intersect([1], null)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    set_of(binder, arguments, span, SetOp::Intersect)
}
