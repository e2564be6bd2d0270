//! `now() -> datetime`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::{Group, Scalar};
use crate::value::Value;

/// `now`
pub const FUNCTION: Scalar = Scalar {
    name: "now",
    group: Group::Time,
    signature: "now() -> datetime",
    summary: "The time when the query began, the same for every row and every source.",
    notes: "A constant, so that sources can filter by it. Never null.",
    named: false,
    arity: 0..=0,
    examples: &[("now() - now()", r#""0s""#)],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let _ = arguments;
    Ok(Bound::constant(Value::Datetime(binder.now()), span))
}
