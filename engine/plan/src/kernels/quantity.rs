//! Arithmetic and comparison of quantities with each other and with numbers: exact, null where a result does not fit.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Float64Array};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};
use datafusion_common::Result;
use trawl_lang::ast::{ArithmeticOp, CompareOp};

use super::Kernel;
use super::rows::{self, reals};
use crate::quantity;
use crate::types::{QUANTITY_PRECISION, QUANTITY_SCALE, Type};

/// `left op right` where at least one side is a quantity.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct QuantityArithmetic {
    /// Which.
    pub op: ArithmeticOp,
    /// Type of the result: quantity, or real for the ratio of two quantities.
    pub result: Type,
}

impl Kernel for QuantityArithmetic {
    fn name(&self) -> &str {
        match self.op {
            ArithmeticOp::Add => "quantity_add",
            ArithmeticOp::Sub => "quantity_subtract",
            ArithmeticOp::Mul => "quantity_multiply",
            ArithmeticOp::Div => "quantity_divide",
            ArithmeticOp::Mod => "quantity_modulo",
        }
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.result.arrow())
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [left, right] = arguments else {
            return rows::wrong(self.name(), arguments);
        };
        let (left, right) = (numbers(left)?, numbers(right)?);
        let pairs = left.zip(right);
        if self.result == Type::Real {
            let ratios = pairs
                .map(|(left, right)| quantity::ratio(left?.as_quantity()?, right?.as_quantity()?));
            return Ok(Arc::new(ratios.collect::<Float64Array>()));
        }
        quantities(pairs.map(|(left, right)| self.parts(left?, right?)))
    }
}

impl QuantityArithmetic {
    fn parts(&self, left: Number, right: Number) -> Option<i128> {
        use Number::{Long, Quantity, Real};
        match (self.op, left, right) {
            (ArithmeticOp::Add, ..) => quantity::add(left.as_quantity()?, right.as_quantity()?),
            (ArithmeticOp::Sub, ..) => {
                quantity::subtract(left.as_quantity()?, right.as_quantity()?)
            }
            (ArithmeticOp::Mod, ..) => {
                quantity::remainder(left.as_quantity()?, right.as_quantity()?)
            }
            (ArithmeticOp::Mul, Quantity(parts), Long(factor))
            | (ArithmeticOp::Mul, Long(factor), Quantity(parts)) => {
                quantity::times_long(parts, factor)
            }
            (ArithmeticOp::Mul, Quantity(parts), Real(factor))
            | (ArithmeticOp::Mul, Real(factor), Quantity(parts)) => {
                quantity::times_real(parts, factor)
            }
            (ArithmeticOp::Div, Quantity(parts), Real(divisor)) => {
                quantity::divided_by_real(parts, divisor)
            }
            (ArithmeticOp::Div, ..) => quantity::divided(left.as_quantity()?, right.as_quantity()?),
            // The binder refuses the product of two quantities: nothing is measured in square bytes.
            (ArithmeticOp::Mul, ..) => None,
        }
    }
}

/// `quantity op real`, exact and two-valued: null equals only null, NaN nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CompareWithReal {
    /// Which.
    pub op: CompareOp,
}

impl Kernel for CompareWithReal {
    fn name(&self) -> &str {
        "quantity_compare"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [left, _] = arguments else {
            return rows::wrong(self.name(), arguments);
        };
        let Some(left) = left.as_primitive_opt::<Decimal128Type>() else {
            return rows::wrong(self.name(), arguments);
        };
        let right = reals(arguments, 1)?;
        let results = left.iter().zip(right).map(|(left, right)| {
            let order = match (left, right) {
                (None, None) => return Some(matches!(self.op, CompareOp::Eq)),
                (Some(left), Some(right)) => quantity::compare_real(left, right),
                _ => None,
            };
            Some(match self.op {
                CompareOp::Eq => order == Some(Ordering::Equal),
                CompareOp::Ne => order != Some(Ordering::Equal),
                CompareOp::Lt => order == Some(Ordering::Less),
                CompareOp::Le => order.is_some_and(Ordering::is_le),
                CompareOp::Gt => order == Some(Ordering::Greater),
                CompareOp::Ge => order.is_some_and(Ordering::is_ge),
            })
        });
        Ok(Arc::new(results.collect::<BooleanArray>()))
    }
}

/// Parts as a column of quantities.
///
/// # Errors
/// When precision and scale of the type are none: our bug.
pub fn quantities(parts: impl Iterator<Item = Option<i128>>) -> Result<ArrayRef> {
    let array = parts
        .collect::<Decimal128Array>()
        .with_precision_and_scale(QUANTITY_PRECISION, QUANTITY_SCALE)?;
    Ok(Arc::new(array))
}

/// A number of any of the three types.
#[derive(Debug, Clone, Copy)]
enum Number {
    Long(i64),
    Real(f64),
    Quantity(i128),
}

impl Number {
    fn as_quantity(self) -> Option<i128> {
        match self {
            Self::Long(value) => Some(quantity::from_long(value)),
            Self::Real(value) => quantity::from_real(value),
            Self::Quantity(parts) => Some(parts),
        }
    }
}

fn numbers(array: &ArrayRef) -> Result<Box<dyn Iterator<Item = Option<Number>> + '_>> {
    Ok(match array.data_type() {
        DataType::Int64 => Box::new(
            array
                .as_primitive::<Int64Type>()
                .iter()
                .map(|value| value.map(Number::Long)),
        ),
        DataType::Float64 => Box::new(
            array
                .as_primitive::<Float64Type>()
                .iter()
                .map(|value| value.map(Number::Real)),
        ),
        DataType::Decimal128(..) => Box::new(
            array
                .as_primitive::<Decimal128Type>()
                .iter()
                .map(|value| value.map(Number::Quantity)),
        ),
        _ => return rows::wrong("quantity arithmetic", std::slice::from_ref(array)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::Int64Array;

    fn column(texts: &[Option<&str>]) -> ArrayRef {
        quantities(texts.iter().map(|text| quantity::parse((*text)?))).unwrap()
    }

    fn shown(array: &ArrayRef) -> Vec<Option<String>> {
        let parts = array.as_primitive::<Decimal128Type>();
        parts.iter().map(|v| v.map(quantity::format)).collect()
    }

    #[test]
    fn sides_may_be_numbers_and_slices() {
        let left = column(&[Some("9"), Some("500m"), None]).slice(1, 2);
        let right: ArrayRef = Arc::new(Int64Array::from(vec![3, 1]));
        for (op, expected) in [
            (ArithmeticOp::Add, "3.5"),
            (ArithmeticOp::Sub, "-2.5"),
            (ArithmeticOp::Mul, "1.5"),
            (ArithmeticOp::Div, "0.166666667"),
            (ArithmeticOp::Mod, "0.5"),
        ] {
            let kernel = QuantityArithmetic {
                op,
                result: Type::Quantity,
            };
            let result = kernel
                .call(&[Arc::clone(&left), Arc::clone(&right)])
                .unwrap();
            assert_eq!(shown(&result), [Some(expected.to_owned()), None], "{op:?}");
        }
    }

    #[test]
    fn comparisons_with_reals_are_two_valued() {
        let left = column(&[Some("0.5"), None, None, Some("1")]);
        let right: ArrayRef = Arc::new(Float64Array::from(vec![
            Some(0.5),
            None,
            Some(1.0),
            Some(f64::NAN),
        ]));
        for (op, expected) in [
            (CompareOp::Eq, [true, true, false, false]),
            (CompareOp::Ne, [false, false, true, true]),
            (CompareOp::Le, [true, false, false, false]),
            (CompareOp::Gt, [false, false, false, false]),
        ] {
            let result = CompareWithReal { op }
                .call(&[Arc::clone(&left), Arc::clone(&right)])
                .unwrap();
            let result: Vec<_> = result.as_boolean().iter().flatten().collect();
            assert_eq!(result, expected, "{op:?}");
        }
    }
}
