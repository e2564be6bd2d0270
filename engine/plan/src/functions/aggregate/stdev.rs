//! `stdev(value) -> real`

use datafusion_common::ScalarValue;
use datafusion_expr::{Expr, lit, when};

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::one;
use crate::functions::{Aggregate, Aggregated};
use crate::types::Type;

/// `stdev`
pub const FUNCTION: Aggregate = Aggregate {
    name: "stdev",
    signature: "stdev(value) -> real",
    summary: "The standard deviation of a sample.",
    notes: "The divisor is the number of values less one. Nulls are skipped, fewer than two values give null; NaN among \
            the values gives NaN. Null where the result is beyond what a real holds.",
    arity: 1..=1,
    examples: &[
        ("stdev(x)", "0.5773502691896257"),
        ("stdev(iff(x == 1, x, null))", "null"),
        (r#"stdev(iff(x == 1, toreal("nan"), 1.0))"#, r#""NaN""#),
        ("stdev(x * 1e300)", "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>) -> Result<Aggregated> {
    let argument = one(arguments)?;
    let value = binder.coerce(argument, &Type::Real, "the argument of `stdev`")?;
    let call = datafusion_functions_aggregate::expr_fn::stddev(value.expr);
    Ok(Aggregated::new(call, Type::Real, true).finished(finite))
}

/// An infinite deviation is one that overflowed: infinities among the values make it NaN.
fn finite(deviation: Expr) -> Expr {
    let infinite = deviation.clone().eq(lit(f64::INFINITY));
    when(infinite, lit(ScalarValue::Float64(None)))
        .otherwise(deviation.clone())
        .unwrap_or(deviation)
}
