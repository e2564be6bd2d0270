//! `bin(value, width)`

use trawl_lang::span::Span;

use trawl_lang::Diagnostic;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::scalar::two;
use crate::functions::{Group, Scalar};
use crate::kernels::{self, time_bin::Bin};
use crate::types::Type;

/// `bin`
pub const FUNCTION: Scalar = Scalar {
    name: "bin",
    group: Group::Time,
    signature: "bin(value, width)",
    summary: "The start of the bin that a number or time falls in; bins start at zero, for times at the Unix epoch.",
    notes: "",
    named: false,
    arity: 2..=2,
    examples: &[
        ("bin(17, 5)", "15"),
        (
            "bin(datetime(2026-01-02T03:04:05Z), 1h)",
            r#""2026-01-02T03:00:00Z""#,
        ),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let (value, width) = two(arguments, span)?;
    let wanted = match value.ty {
        Type::Datetime | Type::Timespan => Type::Timespan,
        Type::Long => Type::Long,
        ref other => {
            return Err(Diagnostic::error(
                "Q0301",
                format!("`bin` takes a long, datetime or timespan, not {other}"),
            )
            .label(value.span, other.to_string())
            .into());
        }
    };
    let width = binder.coerce(width, &wanted, "the width of `bin`")?;
    let (ty, nullable) = (value.ty.clone(), true);
    let expr = kernels::call(Bin { ty: ty.clone() }, vec![value.expr, width.expr]);
    Ok(Bound::computed(expr, ty, nullable, span))
}
