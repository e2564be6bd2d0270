//! `toreal(value) -> real`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::scalar::convert;
use crate::functions::{Group, Scalar};
use crate::types::Type;

/// `toreal`
pub const FUNCTION: Scalar = Scalar {
    name: "toreal",
    group: Group::Convert,
    signature: "toreal(value) -> real",
    summary: "The value as real; null where it does not convert.",
    notes: "",
    named: false,
    arity: 1..=1,
    examples: &[(r#"toreal("0.5")"#, "0.5")],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    convert(binder, arguments, span, &Type::Real)
}
