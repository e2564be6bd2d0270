//! `array_length`: how many items a list has.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array};
use arrow::datatypes::DataType;
use datafusion_common::Result;

use super::{as_list, items_of};
use crate::kernels::Kernel;

/// The number of items; null where the list is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Length;

impl Kernel for Length {
    fn name(&self) -> &str {
        "array_length"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [list] = arguments else {
            return datafusion_common::internal_err!("array_length takes one argument");
        };
        let list = as_list(self.name(), list)?;
        let lengths: Int64Array = (0..list.len())
            .map(|row| i64::try_from(items_of(list, row)?.len()).ok())
            .collect();
        Ok(Arc::new(lengths))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::longs;
    use super::*;
    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;

    #[test]
    fn null_items_count_and_null_lists_have_no_length() {
        let lists = longs(vec![Some(vec![Some(1)]), Some(vec![None; 2]), None]);
        let lengths = Length.call(&[lists.slice(1, 2)]).unwrap();
        assert_eq!(
            lengths
                .as_primitive::<Int64Type>()
                .iter()
                .collect::<Vec<_>>(),
            [Some(2), None]
        );
    }
}
