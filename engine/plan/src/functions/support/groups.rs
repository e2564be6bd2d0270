//! What aggregates make of a group: its values as a list, the values that have an order, the value at the first key.

use datafusion_common::DataFusionError;
use datafusion_expr::ExprFunctionExt;
use datafusion_functions_aggregate::expr_fn;
use trawl_lang::Diagnostic;

use crate::bind::Binder;
use crate::expr::{Bound, Result, nan_to_null};
use crate::functions::Aggregated;
use crate::kernels;
use crate::kernels::list::OrEmpty;
use crate::types::Type;

/// A value of a type that has an order, NaN as null; a dynamic value counts as a real.
pub(crate) fn ordered(binder: &mut Binder<'_>, argument: Bound) -> Result<Bound> {
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
pub(crate) fn at_key(
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
pub(crate) fn collected(
    argument: Bound,
    distinct: bool,
) -> std::result::Result<Aggregated, DataFusionError> {
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
