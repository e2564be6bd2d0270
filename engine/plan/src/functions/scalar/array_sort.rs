//! `array_sort(list [, direction]) -> list`

use trawl_lang::Diagnostic;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{list, next, word};
use crate::functions::{Group, Scalar};
use crate::kernels::{self, list::SortItems};
use crate::types::Type;

/// `array_sort`
pub const FUNCTION: Scalar = Scalar {
    name: "array_sort",
    group: Group::Collection,
    signature: "array_sort(list [, direction]) -> list",
    summary: "The items in order, ascending unless told otherwise.",
    notes: "The direction is the constant `\"asc\"` or `\"desc\"`. Null where the list is null. Texts sort by their bytes. Nulls \
            stand last and NaN before them, in both directions. Dynamic items sort by kind: bool, number, string, then the rest \
            by their text.",
    named: false,
    arity: 1..=2,
    examples: &[
        ("array_sort([3, 1, 2])", "[1, 2, 3]"),
        (r#"array_sort([3, null, 1, 2], "desc")"#, "[3, 2, 1, null]"),
        (
            r#"array_sort([toreal("nan"), 1.5, null, 0.5], "desc")"#,
            r#"[1.5, 0.5, "NaN", null]"#,
        ),
        (r#"array_sort(["b", "B", "a"])"#, r#"["B", "a", "b"]"#),
        ("array_sort([])", "[]"),
    ],
    bind,
};

const DIRECTIONS: [(&str, bool); 2] = [("asc", false), ("desc", true)];

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let mut arguments = arguments.into_iter();
    let first = next(&mut arguments)?;
    let (list, item) = list(binder, first, "the argument of `array_sort`")?;
    if item.is_nested() {
        return Err(Diagnostic::error("Q0303", format!("{item} has no order"))
            .label(list.span, list.ty.to_string())
            .into());
    }
    let descending = match arguments.next() {
        Some(direction) => word(&direction, "the direction of `array_sort`", &DIRECTIONS)?,
        None => false,
    };
    let kernel = SortItems {
        descending,
        dynamic: item == Type::Dynamic,
    };
    let expr = kernels::call(kernel, vec![list.expr]);
    Ok(Bound::computed(expr, list.ty, list.nullable, span))
}
