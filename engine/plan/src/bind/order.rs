//! What rows are ordered by, for `sort` and for all that takes the first or last of rows.

use arrow::datatypes::DataType;
use datafusion_common::tree_node::TreeNode;
use datafusion_common::{JoinType, Result as PlanResult, internal_err};
use datafusion_expr::{
    ColumnarValue, Expr, LogicalPlan, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};
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

/// The key of a sort above a plan. Where an outer join is beneath, it does not look constant: DataFusion holds a column that is
/// constant on one side of such a join for constant above it, forgets the nulls of rows without a partner, and drops the sort.
pub(crate) fn never_constant(key: Expr, plan: &LogicalPlan) -> Expr {
    let joins_outer = plan.exists(|node| {
        let outer =
            |kind: JoinType| matches!(kind, JoinType::Left | JoinType::Right | JoinType::Full);
        Ok(matches!(node, LogicalPlan::Join(join) if outer(join.join_type)))
    });
    if joins_outer.unwrap_or(true) {
        ScalarUDF::from(Opaque::new()).call(vec![key])
    } else {
        key
    }
}

/// A value as it is, of which DataFusion knows nothing.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Opaque {
    signature: Signature,
}

impl Opaque {
    fn new() -> Self {
        Self {
            signature: Signature::any(1, Volatility::Volatile),
        }
    }
}

impl ScalarUDFImpl for Opaque {
    fn name(&self) -> &str {
        "opaque"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> PlanResult<DataType> {
        match arguments {
            [ty] => Ok(ty.clone()),
            _ => internal_err!("opaque takes one value"),
        }
    }

    fn invoke_with_args(&self, mut args: ScalarFunctionArgs) -> PlanResult<ColumnarValue> {
        match args.args.pop() {
            Some(value) => Ok(value),
            None => internal_err!("opaque takes one value"),
        }
    }
}
