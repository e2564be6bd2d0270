//! `bin(value, width)`: the start of the bin that a number or time falls in.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use datafusion_common::Result;

use super::Kernel;
use crate::types::Type;

/// The greatest multiple of the width that is not above the value; null where the width is not above zero.
///
/// Times are 64-bit integers here, whose bins start at the Unix epoch.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Bin {
    /// Type of value and result.
    pub ty: Type,
}

impl Kernel for Bin {
    fn name(&self) -> &str {
        "bin"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.ty.arrow())
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [value, width] = arguments else {
            return datafusion_common::internal_err!("bin takes two arguments");
        };
        if self.ty == Type::Real {
            let bins: Float64Array = value
                .as_primitive::<Float64Type>()
                .iter()
                .zip(width.as_primitive::<Float64Type>())
                .map(|(value, width)| real(value?, width?))
                .collect();
            return Ok(Arc::new(bins));
        }
        let (value, width) = (
            cast(value, &DataType::Int64)?,
            cast(width, &DataType::Int64)?,
        );
        let bins: Int64Array = value
            .as_primitive::<Int64Type>()
            .iter()
            .zip(width.as_primitive::<Int64Type>())
            .map(|(value, width)| {
                let (value, width) = (value?, width.filter(|width| *width > 0)?);
                value.checked_sub(value.rem_euclid(width))
            })
            .collect();
        let bins: ArrayRef = Arc::new(bins);
        Ok(cast(&bins, &self.ty.arrow())?)
    }
}

/// A bin of reals; null where finite numbers have no finite bin.
fn real(value: f64, width: f64) -> Option<f64> {
    // A width that is NaN is not above zero either.
    let width = Some(width).filter(|width| *width > 0.0)?;
    if !value.is_finite() || !width.is_finite() {
        return (!value.is_finite()).then_some(value);
    }
    // The quotient is rounded, so that it can be one bin off.
    let bins = (value / width).floor();
    let bins = [bins + 1.0, bins, bins - 1.0]
        .into_iter()
        .find(|bins| bins * width <= value)?;
    Some(bins * width).filter(|bin| bin.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negative_values_bin_downwards() {
        let values: ArrayRef = Arc::new(Int64Array::from(vec![-1, 0, 7, 10]));
        let width: ArrayRef = Arc::new(Int64Array::from(vec![5; 4]));
        let bins = Bin { ty: Type::Long }.call(&[values, width]).unwrap();
        assert_eq!(bins.as_primitive::<Int64Type>().values(), &[-5, 0, 5, 10]);
    }

    #[test]
    fn reals_have_bins() {
        assert_eq!(real(0.7, 0.25), Some(0.5));
        assert_eq!(real(-0.1, 0.25), Some(-0.25));
        assert_eq!(real(1.0, 0.1), Some(1.0));
        assert_eq!(real(1.0, 0.0), None);
        assert_eq!(real(1.0, f64::NAN), None);
        assert_eq!(real(f64::INFINITY, 1.0), Some(f64::INFINITY));
        assert_eq!(real(1e300, 1e-300), None);
    }

    #[test]
    fn no_bin_is_above_its_value() {
        for width in [0.1, 0.3, 1.0 / 3.0, 7.7] {
            for step in 0..1000 {
                let value = f64::from(step) * 0.1 - 50.0;
                let bin = real(value, width).unwrap();
                assert!(bin <= value, "{value} by {width}");
                assert!(value - bin <= width * 1.000_001, "{value} by {width}");
            }
        }
    }
}
