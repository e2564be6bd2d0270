//! `percentile(value, percent) -> type of value`

use trawl_lang::Diagnostic;

use crate::bind::Binder;
use crate::expr::{Bound, Result, nan_to_null};
use crate::functions::support::{collected, constant_number, two};
use crate::functions::{Aggregate, Aggregated};
use crate::kernels::{self, list::Percentile};
use crate::types::Type;

/// `percentile`
pub const FUNCTION: Aggregate = Aggregate {
    name: "percentile",
    signature: "percentile(value, percent) -> type of value",
    summary: "The value that so many percent of the values are not above.",
    notes: "Exact, by nearest rank: of n values in ascending order, number `ceil(percent / 100 * n)`, at least the first. \
            The percentage is a constant from 0 to 100. Values are long, real, datetime, timespan or quantity; dynamic ones \
            count as real. Nulls and NaN are skipped, no values give null. All values of a group are held in memory.",
    arity: 2..=2,
    examples: &[
        ("percentile(x, 50)", "2"),
        ("percentile(x, 33.3)", "1"),
        ("percentile(x, 0)", "1"),
        ("percentile(x * 1h, 100)", r#""2h""#),
        (
            "percentile(datetime(2026-01-01) + x * 1s, 50)",
            r#""2026-01-01T00:00:02Z""#,
        ),
        ("percentile(iff(x > 9, 0.5, null), 50)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>) -> Result<Aggregated> {
    let (value, percent) = two(arguments)?;
    let number = constant_number(&percent, "the percentage of `percentile`")?;
    if !(0.0..=100.0).contains(&number) {
        return Err(
            Diagnostic::error("Q0343", "a percentage is a number from 0 to 100")
                .label(percent.span, "outside of that")
                .into(),
        );
    }
    let value = match &value.ty {
        Type::Long | Type::Real | Type::Datetime | Type::Timespan | Type::Quantity => value,
        Type::Dynamic | Type::Null => {
            binder.coerce(value, &Type::Real, "the value of `percentile`")?
        }
        other => {
            return Err(
                Diagnostic::error("Q0303", format!("no percentile of {other}"))
                    .label(value.span, format!("this is {other}"))
                    .help("values are long, real, datetime, timespan or quantity")
                    .into(),
            );
        }
    };
    let (span, ty) = (value.span, value.ty.clone());
    let ordered = Bound {
        expr: nan_to_null(value.expr.clone(), &ty),
        ..value
    };
    let values = collected(ordered, false).map_err(|error| binder.bug(&error, span))?;
    let kernel = Percentile { percent: number };
    Ok(Aggregated::new(values.expr, ty, true)
        .finished(move |values| kernels::call(kernel, vec![values])))
}
