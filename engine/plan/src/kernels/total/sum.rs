//! One sum: exact for whole numbers, timespans and quantities; for reals without overflow on the way.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Decimal128Array, Decimal256Array, Float64Array, Int64Array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Decimal256Type, Float64Type, Int64Type, i256};
use datafusion_common::Result;

use crate::types::{QUANTITY_PRECISION, QUANTITY_SCALE, Type};

/// Digits of the decimal that carries exact sums between workers; it holds any sum of 2^64 values of 128 bits.
const EXACT_DIGITS: u8 = 76;
/// Reals from here on are added up divided by `LARGE_UNIT`: less than 2^64 smaller ones cannot overflow.
const LARGE: f64 = f64::from_bits((1023 + 959) << 52);
/// 2^64. Dividing a large real by it, and multiplying by it, is exact.
const LARGE_UNIT: f64 = 18_446_744_073_709_551_616.0;
/// The parts of a quantity's integer that make one.
const QUANTITY_UNIT: i64 = 1_000_000_000;
/// Integers up to here are exact as reals.
const EXACT_REAL: u64 = 1 << f64::MANTISSA_DIGITS;

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

    /// It, unless it is of no values.
    pub fn some(self) -> Option<Self> {
        (self.count > 0).then_some(self)
    }

    /// Adds the value of a row, which null has none of.
    pub fn add(&mut self, column: &Column, row: usize) {
        let exact = match column {
            Column::Whole(values) if values.is_valid(row) => i256::from(values.value(row)),
            Column::Decimal(values) if values.is_valid(row) => i256::from_i128(values.value(row)),
            Column::Real(values) if values.is_valid(row) => {
                self.count += 1;
                return self.add_real(values.value(row));
            }
            _ => return,
        };
        self.count += 1;
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
        self.count += other.count;
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

    fn exact(&self) -> Option<i256> {
        match self.parts {
            Parts::Exact(sum) => Some(sum),
            Parts::Real { .. } => None,
        }
    }

    /// The real sum divided by a count; `None` where finite values give no finite result.
    fn real(&self, count: f64) -> Option<f64> {
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

/// Sums as values of their type, null where they do not fit in it.
///
/// # Errors
/// For a type that has no sum: our bug.
pub fn sums(ty: &Type, sums: impl Iterator<Item = Option<Sum>>) -> Result<ArrayRef> {
    Ok(match ty {
        Type::Real => Arc::new(sums.map(|sum| sum?.real(1.0)).collect::<Float64Array>()),
        Type::Quantity => {
            let limit = 10_i128.pow(u32::from(QUANTITY_PRECISION));
            let decimals: Decimal128Array = sums
                .map(|sum| sum?.exact()?.to_i128().filter(|sum| sum.abs() < limit))
                .collect();
            Arc::new(decimals.with_precision_and_scale(QUANTITY_PRECISION, QUANTITY_SCALE)?)
        }
        Type::Long | Type::Timespan => {
            let whole: Int64Array = sums.map(|sum| as_whole(sum?.exact()?)).collect();
            let whole: ArrayRef = Arc::new(whole);
            cast(&whole, &ty.arrow())?
        }
        other => return datafusion_common::internal_err!("no sum of {other}"),
    })
}

/// Means: of timespans a timespan, truncated toward zero; else a real.
///
/// # Errors
/// For a type that has no mean: our bug.
pub fn means(ty: &Type, sums: impl Iterator<Item = Option<Sum>>) -> Result<ArrayRef> {
    Ok(match ty {
        Type::Timespan => {
            let whole: Int64Array = sums
                .map(|sum| {
                    let sum = sum?;
                    as_whole(sum.exact()?.checked_div(i256::from(sum.count))?)
                })
                .collect();
            let whole: ArrayRef = Arc::new(whole);
            cast(&whole, &ty.arrow())?
        }
        Type::Long | Type::Real | Type::Quantity => {
            let unit = match ty {
                Type::Quantity => QUANTITY_UNIT,
                _ => 1,
            };
            let reals: Float64Array = sums
                .map(|sum| {
                    let sum = sum?;
                    match sum.exact() {
                        Some(exact) => {
                            ratio(exact, i256::from(sum.count).checked_mul(unit.into())?)
                        }
                        None => sum.real(sum.count as f64),
                    }
                })
                .collect();
            Arc::new(reals)
        }
        other => return datafusion_common::internal_err!("no mean of {other}"),
    })
}

fn as_whole(value: i256) -> Option<i64> {
    i64::try_from(value.to_i128()?).ok()
}

/// The quotient as the nearest real, but for the last bit where the numbers are not exact as reals.
fn ratio(total: i256, by: i256) -> Option<f64> {
    let exact = |value: i256| {
        let value = value.to_i128()?;
        (value.unsigned_abs() <= u128::from(EXACT_REAL)).then_some(value as f64)
    };
    if let (Some(total), Some(by)) = (exact(total), exact(by)) {
        return Some(total / by);
    }
    // What is whole and what is left lose less than the total would.
    let (whole, rest) = (total.checked_div(by)?, total.checked_rem(by)?);
    Some(as_real(whole) + as_real(rest) / as_real(by))
}

fn as_real(value: i256) -> f64 {
    if let Some(value) = value.to_i128() {
        return value as f64;
    }
    // 2^128 of the upper half, which is not small here, so that nothing cancels out.
    const UPPER: f64 = 340_282_366_920_938_463_463_374_607_431_768_211_456.0;
    let (lower, upper) = value.to_parts();
    upper as f64 * UPPER + lower as f64
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

    #[test]
    fn quantities_are_exact_to_their_last_digit() {
        let most = 10_i128.pow(38) - 1;
        let quantities = |values: Vec<i128>| -> ArrayRef {
            let array = Decimal128Array::from(values);
            Arc::new(array.with_precision_and_scale(38, 9).unwrap())
        };
        let read = |sum: Sum| {
            let sums = sums(&Type::Quantity, [Some(sum)].into_iter()).unwrap();
            sums.as_primitive::<Decimal128Type>().iter().next().unwrap()
        };
        assert_eq!(
            read(sum_of(&Type::Quantity, quantities(vec![most, most, -most]))),
            Some(most)
        );
        assert_eq!(
            read(sum_of(&Type::Quantity, quantities(vec![most, 1]))),
            None
        );
        let mean = sum_of(&Type::Quantity, quantities(vec![most; 3]));
        let mean = means(&Type::Quantity, [Some(mean)].into_iter()).unwrap();
        assert_eq!(mean.as_primitive::<Float64Type>().value(0), 1e29);
    }

    #[test]
    fn means_of_timespans_truncate_toward_zero() {
        let spans: ArrayRef = Arc::new(Int64Array::from(vec![-1, -2, i64::MIN, i64::MIN]));
        let spans = cast(&spans, &Type::Timespan.arrow()).unwrap();
        let some = |from: usize, count: usize| {
            let sum = sum_of(&Type::Timespan, spans.slice(from, count));
            let means = means(&Type::Timespan, [Some(sum)].into_iter()).unwrap();
            cast(&means, &DataType::Int64)
                .unwrap()
                .as_primitive::<Int64Type>()
                .value(0)
        };
        assert_eq!(some(0, 2), -1);
        assert_eq!(some(2, 2), i64::MIN);
    }

    #[test]
    fn the_upper_half_of_a_sum_counts() {
        let large = i256::from_i128(i128::MAX).wrapping_add(i256::from_i128(i128::MAX));
        assert_eq!(as_real(large), 2.0_f64.powi(128));
        assert_eq!(as_real(large.wrapping_neg()), -(2.0_f64.powi(128)));
    }
}
