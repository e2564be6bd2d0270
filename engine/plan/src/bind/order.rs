//! What rows are ordered by, for `sort` and for all that takes the first or last of rows.

use arrow::datatypes::DataType;
use datafusion_common::tree_node::TreeNode;
use datafusion_common::{JoinType, Result as PlanResult, ScalarValue};
use datafusion_expr::{
    ColumnarValue, Expr, LogicalPlan, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    TypeSignature, Volatility,
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

/// The key of a sort above a plan. Where an outer join or a union is beneath, it does not look constant: DataFusion holds a column
/// that is constant on one side of a join, or in a branch, for constant above it, and drops the sort or refuses its own plan.
pub(crate) fn never_constant(key: Expr, plan: &LogicalPlan) -> Expr {
    let outer = |kind: JoinType| matches!(kind, JoinType::Left | JoinType::Right | JoinType::Full);
    let mixes = plan.exists(|node| {
        Ok(match node {
            LogicalPlan::Join(join) => outer(join.join_type),
            LogicalPlan::Union(_) => true,
            _ => false,
        })
    });
    if mixes.unwrap_or(true) {
        // A call is constant to DataFusion when all its arguments are, unless there is none.
        let unknown = ScalarUDF::from(Opaque::new()).call(Vec::new());
        ScalarUDF::from(Opaque::new()).call(vec![key, unknown])
    } else {
        key
    }
}

/// Its first argument as it is, of which DataFusion knows nothing; null without arguments.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Opaque {
    signature: Signature,
}

impl Opaque {
    fn new() -> Self {
        let arguments = vec![TypeSignature::Nullary, TypeSignature::Any(2)];
        Self {
            signature: Signature::one_of(arguments, Volatility::Volatile),
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
        Ok(arguments.first().cloned().unwrap_or(DataType::Null))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> PlanResult<ColumnarValue> {
        let value = args.args.into_iter().next();
        Ok(value.unwrap_or(ColumnarValue::Scalar(ScalarValue::Null)))
    }
}
