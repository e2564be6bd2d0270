//! `unixtime(value) -> long or datetime`

use trawl_lang::Diagnostic;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::one;
use crate::functions::{Group, Scalar};
use crate::kernels;
use crate::kernels::unix_time::{FromSeconds, ToSeconds};
use crate::types::Type;

/// `unixtime`
pub const FUNCTION: Scalar = Scalar {
    name: "unixtime",
    group: Group::Time,
    signature: "unixtime(value) -> long or datetime",
    summary: "Seconds since the Unix epoch of a time; for a number the time so many seconds after it.",
    notes: "A time's seconds are rounded down, a number's fraction to the nearest nanosecond. Null for a number beyond \
            the years 1677 to 2262. A dynamic value does not say which of the two is meant: convert it first.",
    named: false,
    arity: 1..=1,
    examples: &[
        ("unixtime(datetime(1970-01-01T00:01:00.9Z))", "60"),
        ("unixtime(datetime(1969-12-31T23:59:59.5Z))", "-1"),
        ("unixtime(1790000000)", r#""2026-09-21T14:13:20Z""#),
        ("unixtime(1.5)", r#""1970-01-01T00:00:01.500Z""#),
        ("unixtime(1e300)", "null"),
        ("unixtime(null)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let value = one(arguments)?;
    match &value.ty {
        Type::Datetime => Ok(Bound::computed(
            kernels::call(ToSeconds, vec![value.expr]),
            Type::Long,
            value.nullable,
            span,
        )),
        Type::Long | Type::Real | Type::Quantity | Type::Null => {
            let value = match value.ty {
                Type::Null => binder.coerce(value, &Type::Long, "the argument of `unixtime`")?,
                _ => value,
            };
            let expr = kernels::call(FromSeconds, vec![value.expr]);
            Ok(Bound::computed(expr, Type::Datetime, true, span))
        }
        other => Err(Diagnostic::error(
            "Q0301",
            format!("`unixtime` takes a datetime or a number, not {other}"),
        )
        .label(value.span, format!("this is {other}"))
        .help("say which: `unixtime(todatetime(…))` or `unixtime(toreal(…))`")
        .into()),
    }
}
