//! Functions of many rows, and the ways in which they take their arguments.

use datafusion_common::DataFusionError;
use datafusion_expr::ExprFunctionExt;
use datafusion_functions_aggregate::expr_fn;
use trawl_lang::Diagnostic;
use trawl_lang::span::Span;

use super::{Aggregate, Aggregated};
use crate::bind::Binder;
use crate::expr::{Bound, Result, nan_to_null};
use crate::kernels;
use crate::kernels::list::OrEmpty;
use crate::types::Type;

mod arg_max;
mod arg_min;
mod avg;
mod count;
mod countif;
mod dcount;
mod make_list;
mod make_set;
mod max;
mod min;
mod percentile;
mod stdev;
mod sum;
mod sumif;
mod take_any;

/// All of them, by name.
pub const ALL: &[&Aggregate] = &[
    &arg_max::FUNCTION,
    &arg_min::FUNCTION,
    &avg::FUNCTION,
    &count::FUNCTION,
    &countif::FUNCTION,
    &dcount::FUNCTION,
    &make_list::FUNCTION,
    &make_set::FUNCTION,
    &max::FUNCTION,
    &min::FUNCTION,
    &percentile::FUNCTION,
    &stdev::FUNCTION,
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

/// The two arguments; the arity was checked before.
fn two(arguments: Vec<Bound>) -> Result<(Bound, Bound)> {
    match <[Bound; 2]>::try_from(arguments) {
        Ok([first, second]) => Ok((first, second)),
        Err(_) => Err(Diagnostic::error("Q0309", "two arguments are needed")
            .label(Span::default(), "here")
            .into()),
    }
}

/// A value that has a sum; a dynamic value counts as a real.
fn number(binder: &mut Binder<'_>, argument: Bound) -> Result<Bound> {
    match argument.ty {
        Type::Long | Type::Real | Type::Quantity | Type::Timespan => Ok(argument),
        _ => binder.coerce(argument, &Type::Real, "the number to sum"),
    }
}

/// A value of a type that has an order, NaN as null; a dynamic value counts as a real.
fn ordered(binder: &mut Binder<'_>, argument: Bound) -> Result<Bound> {
    let value = match &argument.ty {
        Type::Dynamic | Type::Null => binder.coerce(argument, &Type::Real, "the value to order")?,
        ty if ty.is_nested() => {
            return Err(Diagnostic::error("Q0303", format!("{ty} has no order"))
                .label(argument.span, ty.to_string())
                .into());
        }
        _ => argument,
    };
    Ok(Bound {
        expr: nan_to_null(value.expr.clone(), &value.ty),
        ..value
    })
}

/// The value of the row whose key comes first, of those that have one.
fn at_key(
    binder: &mut Binder<'_>,
    key: Bound,
    value: Bound,
    ascending: bool,
) -> Result<Aggregated> {
    let key = ordered(binder, key)?;
    let present = key.expr.clone().is_not_null();
    let order = vec![key.expr.sort(ascending, false)];
    let span = value.span;
    let expr = expr_fn::first_value(value.expr, vec![])
        .order_by(order)
        .filter(present)
        .build()
        .map_err(|error| binder.bug(&error, span))?;
    Ok(Aggregated::new(expr, value.ty, true))
}

/// The values that are not null, as a list; of none it is empty.
fn collected(argument: Bound, distinct: bool) -> std::result::Result<Aggregated, DataFusionError> {
    let ty = Type::List(Box::new(argument.ty));
    let present = argument.expr.clone().is_not_null();
    let mut call = expr_fn::array_agg(argument.expr).filter(present);
    if distinct {
        call = call.distinct();
    }
    let kernel = OrEmpty { list: ty.arrow() };
    Ok(Aggregated::new(call.build()?, ty, false)
        .finished(move |values| kernels::call(kernel, vec![values])))
}
