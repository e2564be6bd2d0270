//! Whole-number and time arithmetic whose overflow is null instead of a wrapped number or an aborted query.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use datafusion_common::Result;
use trawl_lang::ast::ArithmeticOp;

use super::Kernel;
use super::convert::truncated;
use crate::types::Type;

/// `left op right` on 64-bit integers that may stand for a time.
///
/// DataFusion wraps on overflow and has no plan for timespan × long, timespan / long and timespan / timespan.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Arithmetic {
    /// Which.
    pub op: ArithmeticOp,
    /// Type of the result; it decides between whole and real division.
    pub result: Type,
}

impl Arithmetic {
    fn whole(&self, left: i64, right: i64) -> Option<i64> {
        match self.op {
            ArithmeticOp::Add => left.checked_add(right),
            ArithmeticOp::Sub => left.checked_sub(right),
            ArithmeticOp::Mul => left.checked_mul(right),
            ArithmeticOp::Div => left.checked_div(right),
            ArithmeticOp::Mod => left.checked_rem(right),
        }
    }

    fn real(&self, left: f64, right: f64) -> Option<f64> {
        let value = match self.op {
            ArithmeticOp::Add => left + right,
            ArithmeticOp::Sub => left - right,
            ArithmeticOp::Mul => left * right,
            ArithmeticOp::Div if right == 0.0 => return None,
            ArithmeticOp::Mod if right == 0.0 => return None,
            ArithmeticOp::Div => left / right,
            ArithmeticOp::Mod => left % right,
        };
        // What overflows is null; infinities come from infinities alone.
        (value.is_finite() || !left.is_finite() || !right.is_finite()).then_some(value)
    }
}

impl Kernel for Arithmetic {
    fn name(&self) -> &str {
        match self.op {
            ArithmeticOp::Add => "add",
            ArithmeticOp::Sub => "subtract",
            ArithmeticOp::Mul => "multiply",
            ArithmeticOp::Div => "divide",
            ArithmeticOp::Mod => "modulo",
        }
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.result.arrow())
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [left, right] = arguments else {
            return datafusion_common::internal_err!("{} takes two arguments", self.name());
        };
        let either_real = [left, right]
            .iter()
            .any(|side| side.data_type() == &DataType::Float64);
        let result: ArrayRef = if either_real || self.result == Type::Real {
            let (left, right) = (
                number(left, &DataType::Float64)?,
                number(right, &DataType::Float64)?,
            );
            let (left, right) = (
                left.as_primitive::<Float64Type>(),
                right.as_primitive::<Float64Type>(),
            );
            let values: Float64Array = left
                .iter()
                .zip(right)
                .map(|(l, r)| self.real(l?, r?))
                .collect();
            if self.result == Type::Real {
                return Ok(Arc::new(values));
            }
            // A timespan times a real: back to whole nanoseconds, null beyond what they hold.
            Arc::new(values.iter().map(|v| truncated(v?)).collect::<Int64Array>())
        } else {
            let (left, right) = (
                number(left, &DataType::Int64)?,
                number(right, &DataType::Int64)?,
            );
            let (left, right) = (
                left.as_primitive::<Int64Type>(),
                right.as_primitive::<Int64Type>(),
            );
            Arc::new(
                left.iter()
                    .zip(right)
                    .map(|(l, r)| self.whole(l?, r?))
                    .collect::<Int64Array>(),
            )
        };
        Ok(cast(&result, &self.result.arrow())?)
    }
}

/// The array as numbers; times become their nanoseconds.
fn number(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    match array.data_type() {
        same if same == to => Ok(Arc::clone(array)),
        DataType::Timestamp(..) | DataType::Duration(_) => {
            Ok(cast(&cast(array, &DataType::Int64)?, to)?)
        }
        _ => Ok(cast(array, to)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(op: ArithmeticOp, result: Type, left: ArrayRef, right: ArrayRef) -> ArrayRef {
        Arithmetic { op, result }.call(&[left, right]).unwrap()
    }

    fn longs(values: Vec<Option<i64>>) -> ArrayRef {
        Arc::new(Int64Array::from(values))
    }

    #[test]
    fn overflow_and_division_by_zero_are_null() {
        let sum = run(
            ArithmeticOp::Add,
            Type::Long,
            longs(vec![Some(i64::MAX), Some(1)]),
            longs(vec![Some(1), Some(2)]),
        );
        assert_eq!(
            sum.as_primitive::<Int64Type>().iter().collect::<Vec<_>>(),
            [None, Some(3)]
        );
        let ratio = run(
            ArithmeticOp::Div,
            Type::Real,
            longs(vec![Some(1), Some(1)]),
            longs(vec![Some(0), Some(4)]),
        );
        assert_eq!(
            ratio
                .as_primitive::<Float64Type>()
                .iter()
                .collect::<Vec<_>>(),
            [None, Some(0.25)]
        );
        let rest = run(
            ArithmeticOp::Mod,
            Type::Long,
            longs(vec![Some(i64::MIN)]),
            longs(vec![Some(-1)]),
        );
        assert_eq!(
            rest.as_primitive::<Int64Type>().iter().collect::<Vec<_>>(),
            [None]
        );
    }

    #[test]
    fn times_add_up() {
        let span = Type::Timespan.arrow();
        let hours = cast(&longs(vec![Some(3_600_000_000_000)]), &span).unwrap();
        let doubled = run(
            ArithmeticOp::Mul,
            Type::Timespan,
            Arc::clone(&hours),
            longs(vec![Some(2)]),
        );
        assert_eq!(doubled.data_type(), &span);
        let ratio = run(ArithmeticOp::Div, Type::Real, doubled, hours);
        assert_eq!(ratio.as_primitive::<Float64Type>().value(0), 2.0);
    }
}
