//! Row kernels that DataFusion lacks or does differently. Owns the bridge from a `Kernel` to DataFusion's `ScalarUDF`.
//!
//! A kernel never fails on a row: what cannot be computed is null (see the design's execution notes), so that one odd value
//! never ends a query.

use std::any::Any;
use std::fmt::Debug;
use std::hash::Hash;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

pub mod arithmetic;
pub mod cache;
pub mod calendar;
pub mod convert;
pub mod dynamic;
pub mod each;
pub mod empty;
pub mod equality;
pub mod items;
pub mod json;
pub mod json_get;
pub mod list;
pub mod map_get;
pub mod math;
pub mod pack;
pub mod parse_text;
pub mod platform;
pub mod quantity;
pub mod regex;
pub mod rows;
pub mod same;
pub mod series;
pub mod strings;
pub mod text;
pub mod time_bin;
pub mod time_format;
pub mod total;
pub mod typed;
pub mod unix_time;

/// A pure function of columns.
pub trait Kernel: Debug + Clone + PartialEq + Eq + Hash + Send + Sync + 'static {
    /// Its name in plans.
    fn name(&self) -> &str;
    /// The type of its result for arguments of these types.
    ///
    /// # Errors
    /// When the binder passed types that it does not take: our bug.
    fn returns(&self, arguments: &[DataType]) -> Result<DataType>;
    /// The result, of the same length as the arguments.
    ///
    /// # Errors
    /// Only for arguments of a type that it does not take: our bug.
    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef>;
}

/// A kernel as DataFusion sees it.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Udf<K: Kernel> {
    /// The kernel, for those who recognise calls in a plan (pushdown does).
    pub kernel: K,
    signature: Signature,
}

impl<K: Kernel> ScalarUDFImpl for Udf<K> {
    fn name(&self) -> &str {
        self.kernel.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        self.kernel.returns(arguments)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let all_scalar = args
            .args
            .iter()
            .all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let result = self.kernel.call(&arrays)?;
        if all_scalar && result.len() == 1 {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(
                &result, 0,
            )?));
        }
        Ok(ColumnarValue::Array(result))
    }
}

/// A call of a kernel as an expression of a plan.
pub fn call<K: Kernel>(kernel: K, arguments: Vec<Expr>) -> Expr {
    let udf = Udf {
        kernel,
        signature: Signature::variadic_any(Volatility::Immutable),
    };
    ScalarUDF::from(udf).call(arguments)
}

/// The kernel of a call and its arguments, when the expression is a call of that kernel.
pub fn match_call<K: Kernel>(expr: &Expr) -> Option<(&K, &[Expr])> {
    let Expr::ScalarFunction(function) = expr else {
        return None;
    };
    let inner: &dyn ScalarUDFImpl = function.func.inner().as_ref();
    let inner: &dyn Any = inner;
    inner
        .downcast_ref::<Udf<K>>()
        .map(|udf| (&udf.kernel, function.args.as_slice()))
}
