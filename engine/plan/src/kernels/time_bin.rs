//! `bin(value, width)`: the start of the bin that a number or time falls in.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use datafusion_common::Result;

use super::Kernel;
use crate::types::Type;

/// `bin` on 64-bit integers that may stand for a time; bins start at zero (for times: the Unix epoch).
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
}
