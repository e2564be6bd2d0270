//! One sum: exact for whole numbers, timespans and quantities; for reals without overflow on the way.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Decimal128Array, Decimal256Array, Float64Array, Int64Array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Decimal256Type, Float64Type, Int64Type, i256};
use datafusion_common::Result;

use crate::types::Type;

/// Digits of the decimal that carries exact sums between workers; it holds any sum of 2^64 values of 128 bits.
const EXACT_DIGITS: u8 = 76;
/// Reals from here on are added up divided by `LARGE_UNIT`: less than 2^64 smaller ones cannot overflow.
const LARGE: f64 = f64::from_bits((1023 + 959) << 52);
/// 2^64. Dividing a large real by it, and multiplying by it, is exact.
const LARGE_UNIT: f64 = 18_446_744_073_709_551_616.0;

/// A column of numbers, read by row.
#[derive(Debug)]
pub enum Column {
    /// Longs, and timespans as their nanoseconds.
    Whole(Int64Array),
    /// Quantities.
    Decimal(Decimal128Array),
    /// Reals.
    Real(Float64Array),
}

impl Column {
    /// The array as numbers; one of the null type has none.
    ///
    /// # Errors
    /// For other types: our bug.
    pub fn of(array: &ArrayRef) -> Result<Self> {
        Ok(match array.data_type() {
            DataType::Float64 => Self::Real(array.as_primitive::<Float64Type>().clone()),
            DataType::Decimal128(..) => {
                Self::Decimal(array.as_primitive::<Decimal128Type>().clone())
            }
            DataType::Int64 | DataType::Duration(_) | DataType::Null => {
                let whole = cast(array, &DataType::Int64)?;
                Self::Whole(whole.as_primitive::<Int64Type>().clone())
            }
            other => return datafusion_common::internal_err!("no sum of {other}"),
        })
    }
}

/// The sum of some values.
#[derive(Debug, Clone)]
pub struct Sum {
    /// How many values.
    count: i64,
    parts: Parts,
}

#[derive(Debug, Clone)]
enum Parts {
    Exact(i256),
    Real {
        /// Finite values below [`LARGE`].
        plain: f64,
        /// The other finite ones, in units of [`LARGE_UNIT`].
        large: f64,
        /// NaN and infinities; zero while there are none.
        special: f64,
    },
}

impl Sum {
    /// The sum of no values of a type.
    pub fn new(ty: &Type) -> Self {
        let parts = match ty {
            Type::Real => Parts::Real {
                plain: 0.0,
                large: 0.0,
                special: 0.0,
            },
            _ => Parts::Exact(i256::ZERO),
        };
        Self { count: 0, parts }
    }

    /// How many values it is of.
    pub(super) fn count(&self) -> i64 {
        self.count
    }

    /// It, unless it is of no values.
    pub fn some(self) -> Option<Self> {
        (self.count > 0).then_some(self)
    }

    /// Adds the value of a row, which null has none of.
    pub fn add(&mut self, column: &Column, row: usize) {
        self.add_part(column, row, 1);
    }

    /// Adds the sum of a row, which is of so many values; of none there is nothing to add.
    pub fn add_part(&mut self, column: &Column, row: usize, count: i64) {
        if count <= 0 {
            return;
        }
        let exact = match column {
            Column::Whole(values) if values.is_valid(row) => i256::from(values.value(row)),
            Column::Decimal(values) if values.is_valid(row) => i256::from_i128(values.value(row)),
            Column::Real(values) if values.is_valid(row) => {
                self.count = self.count.saturating_add(count);
                return self.add_real(values.value(row));
            }
            _ => return,
        };
        self.count = self.count.saturating_add(count);
        if let Parts::Exact(sum) = &mut self.parts {
            *sum = sum.wrapping_add(exact);
        }
    }

    fn add_real(&mut self, value: f64) {
        if let Parts::Real {
            plain,
            large,
            special,
        } = &mut self.parts
        {
            if !value.is_finite() {
                *special += value;
            } else if value.abs() < LARGE {
                *plain += value;
            } else {
                *large += value / LARGE_UNIT;
            }
        }
    }

    /// Adds another sum of the same type.
    pub fn merge(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        match (&mut self.parts, &other.parts) {
            (Parts::Exact(sum), Parts::Exact(more)) => *sum = sum.wrapping_add(*more),
            (
                Parts::Real {
                    plain,
                    large,
                    special,
                },
                Parts::Real {
                    plain: more_plain,
                    large: more_large,
                    special: more_special,
                },
            ) => {
                *plain += more_plain;
                *large += more_large;
                *special += more_special;
            }
            _ => {}
        }
    }

    /// The exact sum; a sum of reals is none.
    pub(super) fn exact(&self) -> Option<i256> {
        match self.parts {
            Parts::Exact(sum) => Some(sum),
            Parts::Real { .. } => None,
        }
    }

    /// The real sum divided by a count; `None` where finite values give no finite result.
    pub(super) fn real(&self, count: f64) -> Option<f64> {
        let Parts::Real {
            plain,
            large,
            special,
        } = self.parts
        else {
            return None;
        };
        // No value made it anything but zero, or one was NaN: NaN is not equal to zero either.
        if special != 0.0 {
            return Some(special);
        }
        let result = if large == 0.0 {
            plain / count
        } else {
            (large + plain / LARGE_UNIT) / count * LARGE_UNIT
        };
        result.is_finite().then_some(result)
    }

    /// The columns in which sums of a type travel between workers.
    pub fn parts(ty: &Type) -> Vec<(&'static str, DataType)> {
        let count = ("count", DataType::Int64);
        match ty {
            Type::Real => vec![
                count,
                ("plain", DataType::Float64),
                ("large", DataType::Float64),
                ("special", DataType::Float64),
            ],
            _ => vec![count, ("sum", DataType::Decimal256(EXACT_DIGITS, 0))],
        }
    }

    /// Sums as those columns.
    ///
    /// # Errors
    /// None; decimals of the right number of digits are refused by nobody.
    pub fn write(ty: &Type, sums: &[Self]) -> Result<Vec<ArrayRef>> {
        let counts: ArrayRef = Arc::new(sums.iter().map(|s| Some(s.count)).collect::<Int64Array>());
        let real = |part: fn(&Parts) -> Option<f64>| -> ArrayRef {
            Arc::new(
                sums.iter()
                    .map(|s| part(&s.parts))
                    .collect::<Float64Array>(),
            )
        };
        if *ty == Type::Real {
            return Ok(vec![
                counts,
                real(|parts| match parts {
                    Parts::Real { plain, .. } => Some(*plain),
                    Parts::Exact(_) => None,
                }),
                real(|parts| match parts {
                    Parts::Real { large, .. } => Some(*large),
                    Parts::Exact(_) => None,
                }),
                real(|parts| match parts {
                    Parts::Real { special, .. } => Some(*special),
                    Parts::Exact(_) => None,
                }),
            ]);
        }
        let exact: Decimal256Array = sums.iter().map(Self::exact).collect();
        let exact = exact.with_precision_and_scale(EXACT_DIGITS, 0)?;
        Ok(vec![counts, Arc::new(exact)])
    }

    /// Sums from those columns.
    ///
    /// # Errors
    /// When the columns are others: our bug.
    pub fn read(ty: &Type, columns: &[ArrayRef]) -> Result<Vec<Self>> {
        match (ty, columns) {
            (Type::Real, [counts, plain, large, special]) => {
                let real = |column: &ArrayRef| column.as_primitive::<Float64Type>().clone();
                let (plain, large, special) = (real(plain), real(large), real(special));
                let counts = counts.as_primitive::<Int64Type>().values().iter();
                Ok(counts
                    .enumerate()
                    .map(|(row, &count)| Self {
                        count,
                        parts: Parts::Real {
                            plain: plain.value(row),
                            large: large.value(row),
                            special: special.value(row),
                        },
                    })
                    .collect())
            }
            (_, [counts, sums]) => {
                let counts = counts.as_primitive::<Int64Type>().values().iter();
                let sums = sums.as_primitive::<Decimal256Type>().values().iter();
                Ok(counts
                    .zip(sums)
                    .map(|(&count, &sum)| Self {
                        count,
                        parts: Parts::Exact(sum),
                    })
                    .collect())
            }
            _ => datafusion_common::internal_err!("a state of {} columns", columns.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum_of(ty: &Type, values: ArrayRef) -> Sum {
        let column = Column::of(&values).unwrap();
        let mut sum = Sum::new(ty);
        for row in 0..values.len() {
            sum.add(&column, row);
        }
        sum
    }

    fn reals(values: &[f64]) -> Sum {
        sum_of(&Type::Real, Arc::new(Float64Array::from(values.to_vec())))
    }

    #[test]
    fn only_the_final_sum_must_fit() {
        assert_eq!(reals(&[1e308, 1e308, -1e308]).real(1.0), Some(1e308));
        assert_eq!(reals(&[1e308, 1e308]).real(1.0), None);
        assert_eq!(reals(&[1e308, 1e308]).real(2.0), Some(1e308));
        assert_eq!(reals(&[1e308, -1e308, 0.5]).real(1.0), Some(0.5));
        assert_eq!(reals(&[f64::INFINITY, 1.0]).real(1.0), Some(f64::INFINITY));
        assert!(reals(&[f64::NAN, 1.0]).real(1.0).unwrap().is_nan());
    }
}
