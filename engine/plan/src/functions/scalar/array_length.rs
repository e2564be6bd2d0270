//! `array_length(list) -> long`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{list, one};
use crate::functions::{Group, Scalar};
use crate::kernels::{self, list::Length};
use crate::types::Type;

/// `array_length`
pub const FUNCTION: Scalar = Scalar {
    name: "array_length",
    group: Group::Collection,
    signature: "array_length(list) -> long",
    summary: "The number of items.",
    notes: "Null items count. Null for null, and for a dynamic value that is no array.",
    named: false,
    arity: 1..=1,
    examples: &[
        ("array_length([1, null, 3])", "3"),
        ("array_length([])", "0"),
        ("array_length(null)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let (list, _) = list(binder, one(arguments)?, "the argument of `array_length`")?;
    let expr = kernels::call(Length, vec![list.expr]);
    Ok(Bound::computed(expr, Type::Long, list.nullable, span))
}
