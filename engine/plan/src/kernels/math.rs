//! Mathematics on reals, and the absolute value of every number: outside a function's domain and beyond what fits, null.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};
use datafusion_common::Result;

use super::Kernel;
use super::quantity::quantities;
use super::rows::{self, longs, reals};
use crate::types::Type;

/// `abs(x)` of any number or timespan.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Abs {
    /// Type of argument and result.
    pub ty: Type,
}

impl Kernel for Abs {
    fn name(&self) -> &str {
        "abs"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.ty.arrow())
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [value] = arguments else {
            return rows::wrong(self.name(), arguments);
        };
        match value.data_type() {
            DataType::Float64 => Ok(Arc::new(
                value
                    .as_primitive::<Float64Type>()
                    .unary::<_, Float64Type>(f64::abs),
            )),
            DataType::Decimal128(..) => {
                let parts = value.as_primitive::<Decimal128Type>().iter();
                quantities(parts.map(|v| v?.checked_abs()))
            }
            DataType::Int64 | DataType::Duration(_) => {
                let whole = cast(value, &DataType::Int64)?;
                let whole: ArrayRef = Arc::new(
                    whole
                        .as_primitive::<Int64Type>()
                        .iter()
                        .map(|v| v?.checked_abs())
                        .collect::<Int64Array>(),
                );
                Ok(cast(&whole, &self.ty.arrow())?)
            }
            _ => rows::wrong(self.name(), arguments),
        }
    }
}

/// `ceiling(x)` and `floor(x)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Whole {
    /// The least whole number that is not less.
    Ceiling,
    /// The greatest whole number that is not greater.
    Floor,
}

impl Kernel for Whole {
    fn name(&self) -> &str {
        match self {
            Self::Ceiling => "ceiling",
            Self::Floor => "floor",
        }
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let whole = match self {
            Self::Ceiling => f64::ceil,
            Self::Floor => f64::floor,
        };
        let results = reals(arguments, 0)?.unary::<_, Float64Type>(whole);
        Ok(Arc::new(results))
    }
}

/// `round(x, digits)`: half away from zero; negative digits stand before the point.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Round;

impl Kernel for Round {
    fn name(&self) -> &str {
        "round"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let (value, digits) = (reals(arguments, 0)?, longs(arguments, 1)?);
        let results = value.iter().zip(digits);
        let results = results.map(|(value, digits)| Some(round(value?, digits?)));
        Ok(Arc::new(results.collect::<Float64Array>()))
    }
}

/// Powers of ten beyond this one are infinite as reals.
const MAX_POWER: i64 = 308;

fn round(value: f64, digits: i64) -> f64 {
    if !value.is_finite() {
        return value;
    }
    // A power that is not finite has more digits than a real: all of them stay, or none.
    let Some(power) = i32::try_from(digits.unsigned_abs().min(MAX_POWER.unsigned_abs() + 1))
        .ok()
        .map(|power| 10_f64.powi(power))
        .filter(|power| power.is_finite())
    else {
        return if digits > 0 { value } else { 0.0 };
    };
    let rounded = if digits >= 0 {
        (value * power).round() / power
    } else {
        (value / power).round() * power
    };
    if rounded.is_finite() { rounded } else { value }
}

/// `pow(x, y)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Power;

impl Kernel for Power {
    fn name(&self) -> &str {
        "pow"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let (base, exponent) = (reals(arguments, 0)?, reals(arguments, 1)?);
        let results = base.iter().zip(exponent).map(|(base, exponent)| {
            let (base, exponent) = (base?, exponent?);
            let value = base.powf(exponent);
            let failed = base.is_finite() && exponent.is_finite() && !value.is_finite();
            (!failed).then_some(value)
        });
        Ok(Arc::new(results.collect::<Float64Array>()))
    }
}

/// `log(x)` and, with a second column, `log(x, base)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Log;

impl Kernel for Log {
    fn name(&self) -> &str {
        "log"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let value = reals(arguments, 0)?.iter();
        // NaN is not outside: its logarithm is NaN.
        let inside = |value: &f64| value.is_nan() || *value > 0.0;
        if arguments.len() < 2 {
            let results = value.map(|value| Some(value.filter(inside)?.ln()));
            return Ok(Arc::new(results.collect::<Float64Array>()));
        }
        let results = value.zip(reals(arguments, 1)?).map(|(value, base)| {
            let (value, base) = (value.filter(inside)?, base.filter(inside)?);
            // These two are exact where the quotient of logarithms is not.
            if base == 2.0 {
                Some(value.log2())
            } else if base == 10.0 {
                Some(value.log10())
            } else {
                (base != 1.0).then(|| value.ln() / base.ln())
            }
        });
        Ok(Arc::new(results.collect::<Float64Array>()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::Array;

    fn column(of: &[f64]) -> ArrayRef {
        Arc::new(Float64Array::from(of.to_vec()))
    }

    fn results(array: &ArrayRef) -> Vec<Option<f64>> {
        array.as_primitive::<Float64Type>().iter().collect()
    }

    #[test]
    fn rounding_is_half_away_from_zero_and_never_overflows() {
        for (value, digits, expected) in [
            (2.5, 0, 3.0),
            (-2.5, 0, -3.0),
            (2.345, 2, 2.35),
            (1250.0, -2, 1300.0),
            (1e300, 10, 1e300),
            (1e308, 308, 1e308),
            (1.5, i64::MAX, 1.5),
            (1.5, i64::MIN, 0.0),
            (f64::INFINITY, 1, f64::INFINITY),
        ] {
            assert_eq!(round(value, digits), expected, "{value} {digits}");
        }
        assert!(round(f64::NAN, 0).is_nan());
    }

    #[test]
    fn outside_the_domain_is_null() {
        let x = column(&[8.0, 0.0, -1.0, 100.0, 5.0, 9.0]);
        let base = column(&[2.0, 2.0, 2.0, 10.0, 1.0, -3.0]);
        let logs = Log.call(&[Arc::clone(&x), base]).unwrap();
        assert_eq!(
            results(&logs),
            [Some(3.0), None, None, Some(2.0), None, None]
        );
        assert_eq!(Log.call(&[x]).unwrap().null_count(), 2);
        assert!(results(&Log.call(&[column(&[f64::NAN])]).unwrap())[0].is_some_and(f64::is_nan));
        let powers = Power
            .call(&[
                column(&[2.0, 10.0, -1.0, 0.0, f64::INFINITY]),
                column(&[-1.0, 400.0, 0.5, -1.0, 2.0]),
            ])
            .unwrap();
        assert_eq!(
            results(&powers),
            [Some(0.5), None, None, None, Some(f64::INFINITY)]
        );
    }

    #[test]
    fn the_least_long_has_no_absolute_value() {
        let longs: ArrayRef = Arc::new(Int64Array::from(vec![i64::MIN, -2]));
        let result = Abs { ty: Type::Long }.call(&[longs]).unwrap();
        let result = result.as_primitive::<Int64Type>();
        assert_eq!(result.iter().collect::<Vec<_>>(), [None, Some(2)]);
    }
}
