//! `array_concat(list, …) -> list`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::lists;
use crate::functions::{Group, Scalar};
use crate::kernels::{self, list::Concat};
use crate::types::Type;

/// `array_concat`
pub const FUNCTION: Scalar = Scalar {
    name: "array_concat",
    group: Group::Collection,
    signature: "array_concat(list, …) -> list",
    summary: "The items of all lists, one list after the other.",
    notes: "The items get the one type that all of them fit in. Null where one of the lists is null.",
    named: false,
    arity: 1..=usize::MAX,
    examples: &[
        ("array_concat([1, 2], [2, null])", "[1, 2, 2, null]"),
        ("array_concat([1], [], [0.5])", "[1.0, 0.5]"),
        ("array_concat([1], null)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let (lists, item) = lists(binder, arguments, span, "an argument of `array_concat`")?;
    let nullable = lists.iter().any(|list| list.nullable);
    let kernel = Concat { item: item.arrow() };
    let expr = kernels::call(kernel, lists.into_iter().map(|list| list.expr).collect());
    let ty = Type::List(Box::new(item));
    Ok(Bound::computed(expr, ty, nullable, span))
}
