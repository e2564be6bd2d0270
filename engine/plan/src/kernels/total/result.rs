//! The ends of sums: as values of their type, and as means. Owns what does not fit, which is null.

use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array, Float64Array, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::i256;
use datafusion_common::Result;

use super::Sum;
use crate::types::{QUANTITY_PRECISION, QUANTITY_SCALE, Type};

/// The parts of a quantity's integer that make one.
const QUANTITY_UNIT: i64 = 1_000_000_000;
/// Integers up to here are exact as reals.
const EXACT_REAL: u64 = 1 << f64::MANTISSA_DIGITS;

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

/// Sums of counts, 0 where there are none; as much as a long can say where a source claims more.
pub fn counts<'a>(sums: impl Iterator<Item = &'a Sum>) -> ArrayRef {
    let whole = sums.map(|sum| {
        let total = sum.exact().and_then(i256::to_i128).unwrap_or(0);
        i64::try_from(total.max(0)).unwrap_or(i64::MAX)
    });
    Arc::new(whole.map(Some).collect::<Int64Array>())
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
                    as_whole(sum.exact()?.checked_div(i256::from(sum.count()))?)
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
                            ratio(exact, i256::from(sum.count()).checked_mul(unit.into())?)
                        }
                        None => sum.real(sum.count() as f64),
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
    use super::super::Column;
    use super::*;
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};

    fn sum_of(ty: &Type, values: ArrayRef) -> Sum {
        let column = Column::of(&values).unwrap();
        let mut sum = Sum::new(ty);
        for row in 0..values.len() {
            sum.add(&column, row);
        }
        sum
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
