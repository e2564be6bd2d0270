//! `ago(timespan) -> datetime`

use trawl_lang::span::Span;

use trawl_lang::Diagnostic;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::scalar::one;
use crate::functions::{Group, Scalar};
use crate::types::Type;
use crate::value::Value;

/// `ago`
pub const FUNCTION: Scalar = Scalar {
    name: "ago",
    group: Group::Time,
    signature: "ago(timespan) -> datetime",
    summary: "That long before `now()`.",
    notes: "",
    named: false,
    arity: 1..=1,
    examples: &[("now() - ago(1h)", r#""1h""#)],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let span_of = one(arguments, span)?;
    let length = binder.coerce(span_of, &Type::Timespan, "the argument of `ago`")?;
    match length.value {
        Some(Value::Timespan(length)) => Ok(Bound::constant(
            Value::Datetime(binder.now().saturating_sub(length)),
            span,
        )),
        _ => Err(
            Diagnostic::error("Q0308", "`ago` takes a constant timespan")
                .label(length.span, "computed per row")
                .help("write `now() - …` for a computed one")
                .into(),
        ),
    }
}
