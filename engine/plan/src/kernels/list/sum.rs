//! `array_sum`: the sum of the items of a list.

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::DataType;
use datafusion_common::Result;

use super::{as_list, items_of};
use crate::kernels::Kernel;
use crate::kernels::total::{Column, Sum, sums};
use crate::types::Type;

/// The sum of the items that are not null; of no items it is zero, null where it does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SumItems {
    /// Type of the items and of the sum.
    pub ty: Type,
}

impl Kernel for SumItems {
    fn name(&self) -> &str {
        "array_sum"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.ty.arrow())
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [list] = arguments else {
            return datafusion_common::internal_err!("array_sum takes one argument");
        };
        let list = as_list(self.name(), list)?;
        let column = Column::of(list.values())?;
        let totals = (0..list.len()).map(|row| {
            let items = items_of(list, row)?;
            let mut sum = Sum::new(&self.ty);
            for item in items {
                sum.add(&column, item);
            }
            Some(sum)
        });
        sums(&self.ty, totals)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::longs;
    use super::*;
    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;

    #[test]
    fn sums_beyond_the_type_are_null_but_the_way_does_not_matter() {
        let lists = longs(vec![
            Some(vec![Some(1), None, Some(2)]),
            Some(vec![]),
            None,
            Some(vec![Some(i64::MAX), Some(1)]),
            Some(vec![Some(i64::MAX), Some(1), Some(-1)]),
        ]);
        let sums = SumItems { ty: Type::Long }.call(&[lists]).unwrap();
        assert_eq!(
            sums.as_primitive::<Int64Type>().iter().collect::<Vec<_>>(),
            [Some(3), Some(0), None, None, Some(i64::MAX)]
        );
    }
}
