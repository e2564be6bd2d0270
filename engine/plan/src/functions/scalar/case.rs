//! `case(condition, value, …, otherwise) -> type of the values`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::cases;
use crate::functions::{Group, Scalar};

/// `case`
pub const FUNCTION: Scalar = Scalar {
    name: "case",
    group: Group::Null,
    signature: "case(condition, value, …, otherwise) -> type of the values",
    summary: "The value of the first condition that is true, else the last argument.",
    notes: "A condition that is null counts as false. All values have one type, as in `iff`.",
    named: false,
    arity: 3..=usize::MAX,
    examples: &[
        (r#"case(1 > 2, "a", 2 > 1, "b", "c")"#, r#""b""#),
        ("case(1 > 2, 1, 2 > 3, 2, 3)", "3"),
        ("case(null, 1, 2.5)", "2.5"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    cases(binder, arguments, span)
}
