//! `iff(condition, then, otherwise) -> type of the values`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::cases;
use crate::functions::{Group, Scalar};

/// `iff`
pub const FUNCTION: Scalar = Scalar {
    name: "iff",
    group: Group::Null,
    signature: "iff(condition, then, otherwise) -> type of the values",
    summary: "One of two values; a condition that is null counts as false.",
    notes: "Both values have one type: a long beside a real is a real, a number beside a quantity is a quantity, a dynamic value \
            takes the type of the other, and so does a text literal beside a time or quantity. A condition that is null counts \
            as false; the chosen value may be null.",
    named: false,
    arity: 3..=3,
    examples: &[
        (r#"iff(1 < 2, "yes", "no")"#, r#""yes""#),
        ("iff(null, 1, 2)", "2"),
        ("iff(false, 1, 2.5)", "2.5"),
        (r#"iff(true, null, "x")"#, "null"),
        (r#"iff(true, 1, quantity("500m"))"#, "1"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    cases(binder, arguments, span)
}
