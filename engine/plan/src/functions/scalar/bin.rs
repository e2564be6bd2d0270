//! `bin(value, width) -> type of value`

use trawl_lang::Diagnostic;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::two;
use crate::functions::{Group, Scalar};
use crate::kernels::{self, time_bin::Bin};
use crate::types::Type;
use crate::value::Value;

/// `bin`
pub const FUNCTION: Scalar = Scalar {
    name: "bin",
    group: Group::Time,
    signature: "bin(value, width) -> type of value",
    summary: "The start of the bin that a number or time falls in: the greatest multiple of the width that is not above it.",
    notes: "Bins of times begin at the Unix epoch, in UTC; for days, weeks and months of a time zone there are \
            `startofday`, `startofweek` and `startofmonth`. A long with a long gives a long, otherwise numbers give a \
            real. A dynamic value is a real beside a number and a datetime beside a timespan. Null where the width is \
            not above zero.",
    named: false,
    arity: 2..=2,
    examples: &[
        ("bin(17, 5)", "15"),
        ("bin(-1, 5)", "-5"),
        ("bin(1.7, 0.5)", "1.5"),
        ("bin(17, 2.5)", "15.0"),
        ("bin(100m, 1h)", r#""1h""#),
        (
            "bin(datetime(2026-01-02T03:04:05Z), 1h)",
            r#""2026-01-02T03:00:00Z""#,
        ),
        ("bin(17, iff(true, 0, 1))", "null"),
        ("bin(null, 5)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let (value, width) = two(arguments)?;
    let (ty, width_ty) = match (&value.ty, &width.ty) {
        (Type::Datetime, _) => (Type::Datetime, Type::Timespan),
        (Type::Timespan, _) => (Type::Timespan, Type::Timespan),
        (Type::Dynamic | Type::Null, Type::Timespan) => (Type::Datetime, Type::Timespan),
        (Type::Long | Type::Null, Type::Long | Type::Null) => (Type::Long, Type::Long),
        (Type::Long | Type::Real | Type::Dynamic | Type::Null, _) => (Type::Real, Type::Real),
        (other, _) => {
            return Err(Diagnostic::error(
                "Q0301",
                format!("`bin` takes a long, real, datetime or timespan, not {other}"),
            )
            .label(value.span, other.to_string())
            .into());
        }
    };
    let above_zero = match width.value {
        Some(Value::Long(width) | Value::Timespan(width)) => width > 0,
        Some(Value::Real(width)) => width > 0.0,
        _ => true,
    };
    if !above_zero {
        return Err(
            Diagnostic::error("Q0343", "the width of a bin must be above zero")
                .label(width.span, "not above zero")
                .into(),
        );
    }
    let value = binder.coerce(value, &ty, "the value of `bin`")?;
    let width = binder.coerce(width, &width_ty, "the width of `bin`")?;
    let expr = kernels::call(Bin { ty: ty.clone() }, vec![value.expr, width.expr]);
    Ok(Bound::computed(expr, ty, true, span))
}
