//! `iff(condition, then, otherwise)`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::scalar::cases;
use crate::functions::{Group, Scalar};

/// `iff`
pub const FUNCTION: Scalar = Scalar {
    name: "iff",
    group: Group::Null,
    signature: "iff(condition, then, otherwise)",
    summary: "One of two values; a condition that is null counts as false.",
    notes: "",
    named: false,
    arity: 3..=3,
    examples: &[(r#"iff(1 < 2, "yes", "no")"#, r#""yes""#)],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    cases(binder, arguments, span)
}
