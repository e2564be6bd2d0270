//! Constant folding: what can be computed before anything runs is a constant, and stands wherever one is asked for.

use std::sync::Arc;

use datafusion_common::ScalarValue;
use datafusion_common::arrow::datatypes::Field;
use datafusion_common::config::ConfigOptions;
use datafusion_expr::{ColumnarValue, Expr, Operator, ScalarFunctionArgs, Volatility};

use super::Bound;
use crate::value::Value;

impl Bound {
    /// The same value as a constant, if it is computed from constants alone. Null stays an expression, which has a type.
    #[must_use]
    pub(crate) fn folded(self) -> Self {
        if self.value.is_some() {
            return self;
        }
        let value = evaluated(&self.expr).and_then(|scalar| Value::of_scalar(&scalar, &self.ty));
        match value {
            Some(value) => Self {
                expr: value.literal(),
                nullable: false,
                value: Some(value),
                ..self
            },
            None => self,
        }
    }
}

/// The value of an expression over literals; none where it reads rows or cannot be computed.
fn evaluated(expr: &Expr) -> Option<ScalarValue> {
    match expr {
        Expr::Literal(scalar, _) => Some(scalar.clone()),
        Expr::Cast(cast) => evaluated(&cast.expr)?.cast_to(cast.field.data_type()).ok(),
        Expr::BinaryExpr(joined) if joined.op == Operator::StringConcat => {
            match (evaluated(&joined.left)?, evaluated(&joined.right)?) {
                (ScalarValue::Utf8(Some(left)), ScalarValue::Utf8(Some(right))) => {
                    Some(ScalarValue::Utf8(Some(left + &right)))
                }
                _ => None,
            }
        }
        Expr::ScalarFunction(call) => {
            let inner = call.func.inner();
            if inner.signature().volatility != Volatility::Immutable {
                return None;
            }
            let arguments: Vec<ScalarValue> =
                call.args.iter().map(evaluated).collect::<Option<_>>()?;
            let types: Vec<_> = arguments.iter().map(ScalarValue::data_type).collect();
            let result = call.func.return_type(&types).ok()?;
            let fields = types
                .into_iter()
                .map(|ty| Arc::new(Field::new("argument", ty, true)));
            let args = ScalarFunctionArgs {
                arg_fields: fields.collect(),
                args: arguments.into_iter().map(ColumnarValue::Scalar).collect(),
                number_rows: 1,
                return_field: Arc::new(Field::new("result", result, true)),
                config_options: Arc::new(ConfigOptions::default()),
            };
            match call.func.invoke_with_args(args).ok()? {
                ColumnarValue::Scalar(scalar) => Some(scalar),
                ColumnarValue::Array(array) if array.len() == 1 => {
                    ScalarValue::try_from_array(&array, 0).ok()
                }
                ColumnarValue::Array(_) => None,
            }
        }
        _ => None,
    }
}
