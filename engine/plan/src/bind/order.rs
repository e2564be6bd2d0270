//! What rows are ordered by, for `sort` and for all that takes the first or last of rows.

use datafusion_expr::Expr;
use trawl_lang::Diagnostic;

use crate::expr::{Bound, Result, nan_to_null};
use crate::kernels::{self, dynamic::JsonOrder};
use crate::types::Type;

/// What a value is ordered by: documents by a key that sorts as they do, NaN as null, so that both come last.
pub(crate) fn order_key(bound: Bound) -> Result<Expr> {
    match &bound.ty {
        Type::Dynamic => Ok(kernels::call(JsonOrder, vec![bound.expr])),
        ty if ty.is_nested() => Err(Diagnostic::error("Q0303", format!("{ty} has no order"))
            .label(bound.span, ty.to_string())
            .into()),
        ty => Ok(nan_to_null(bound.expr, ty)),
    }
}
