//! `array_slice(list, start, end) -> list`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{list, next};
use crate::functions::{Group, Scalar};
use crate::kernels::{self, list::Slice};
use crate::types::Type;

/// `array_slice`
pub const FUNCTION: Scalar = Scalar {
    name: "array_slice",
    group: Group::Collection,
    signature: "array_slice(list, start, end) -> list",
    summary: "The items from one position to another, both included.",
    notes: "Positions count from 0, negative ones from the end: -1 is the last item. Those beyond an end mean that end; \
            the list is empty where the start is behind the end. Null where an argument is null.",
    named: false,
    arity: 3..=3,
    examples: &[
        ("array_slice([1, 2, 3, 4], 1, 2)", "[2, 3]"),
        ("array_slice([1, 2, 3, 4], -2, -1)", "[3, 4]"),
        ("array_slice([1, 2], 0, 99)", "[1, 2]"),
        ("array_slice([1, 2], 1, 0)", "[]"),
        ("array_slice([1, 2], null, 0)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let mut arguments = arguments.into_iter();
    let first = next(&mut arguments)?;
    let (start, end) = (next(&mut arguments)?, next(&mut arguments)?);
    let (list, _) = list(binder, first, "the first argument of `array_slice`")?;
    let start = binder.coerce(start, &Type::Long, "the start of `array_slice`")?;
    let end = binder.coerce(end, &Type::Long, "the end of `array_slice`")?;
    let nullable = list.nullable || start.nullable || end.nullable;
    let expr = kernels::call(Slice, vec![list.expr, start.expr, end.expr]);
    Ok(Bound::computed(expr, list.ty, nullable, span))
}
