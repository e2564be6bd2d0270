//! Functions of many rows, and the ways in which they take their arguments.

use arrow::datatypes::DataType;
use datafusion_expr::{Expr, ExprFunctionExt, cast, try_cast};
use datafusion_functions_aggregate::expr_fn;
use trawl_lang::Diagnostic;
use trawl_lang::span::Span;

use super::{Aggregate, Aggregated};
use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::types::Type;

mod avg;
mod count;
mod countif;
mod dcount;
mod make_list;
mod make_set;
mod max;
mod min;
mod sum;
mod sumif;
mod take_any;

/// All of them, by name.
pub const ALL: &[&Aggregate] = &[
    &avg::FUNCTION,
    &count::FUNCTION,
    &countif::FUNCTION,
    &dcount::FUNCTION,
    &make_list::FUNCTION,
    &make_set::FUNCTION,
    &max::FUNCTION,
    &min::FUNCTION,
    &sum::FUNCTION,
    &sumif::FUNCTION,
    &take_any::FUNCTION,
];

/// The only argument; the arity was checked before.
fn one(arguments: Vec<Bound>) -> Result<Bound> {
    arguments.into_iter().next().ok_or_else(|| {
        Diagnostic::error("Q0309", "an argument is missing")
            .label(Span::default(), "here")
            .into()
    })
}

/// A long or a real; a dynamic value counts as a real.
fn number(binder: &mut Binder<'_>, argument: Bound) -> Result<Bound> {
    match argument.ty {
        Type::Long | Type::Real | Type::Timespan => Ok(argument),
        _ => binder.coerce(argument, &Type::Real, "the number to sum"),
    }
}

/// A value of a type that has an order; a dynamic value counts as a real.
fn ordered(binder: &mut Binder<'_>, argument: Bound) -> Result<Bound> {
    match &argument.ty {
        Type::Dynamic => binder.coerce(argument, &Type::Real, "the value to order"),
        ty if ty.is_nested() => Err(Diagnostic::error("Q0303", format!("{ty} has no order"))
            .label(argument.span, ty.to_string())
            .into()),
        _ => Ok(argument),
    }
}

/// Digits that hold any 64-bit integer.
const LONG_DIGITS: u8 = 20;

/// A sum that does not wrap: whole numbers and timespans are summed as decimals; what does not fit in the end is null.
fn sum_of(value: Expr, ty: Type) -> Aggregated {
    let wide = DataType::Decimal128(LONG_DIGITS, 0);
    let long = Type::Long.arrow();
    match ty {
        Type::Long => Aggregated::new(expr_fn::sum(cast(value, wide)), ty, true)
            .finished(move |sum| try_cast(sum, long)),
        Type::Timespan => {
            let sum = expr_fn::sum(cast(cast(value, long.clone()), wide));
            Aggregated::new(sum, ty, true)
                .finished(move |sum| cast(try_cast(sum, long), Type::Timespan.arrow()))
        }
        _ => Aggregated::new(expr_fn::sum(value), ty, true),
    }
}

/// The values that are not null, as a list.
fn collected(argument: Bound, distinct: bool) -> Aggregated {
    let ty = Type::List(Box::new(argument.ty));
    let present = argument.expr.clone().is_not_null();
    let call = expr_fn::array_agg(argument.expr);
    let mut builder = call.clone().filter(present);
    if distinct {
        builder = builder.distinct();
    }
    // The builder refuses only expressions that are not aggregates, and this one is.
    Aggregated::new(builder.build().unwrap_or(call), ty, true)
}
