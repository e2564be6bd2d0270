//! Whether a list or map has no items.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, MapArray};
use arrow::datatypes::DataType;
use datafusion_common::Result;

use super::{Kernel, rows};

/// True for null and for a list or map without items; never null.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NoItems;

impl Kernel for NoItems {
    fn name(&self) -> &str {
        "no_items"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [value] = arguments else {
            return rows::wrong(self.name(), arguments);
        };
        let offsets = match value.as_any().downcast_ref::<MapArray>() {
            Some(map) => map.value_offsets(),
            None => match value.as_list_opt::<i32>() {
                Some(list) => list.value_offsets(),
                None => return rows::wrong(self.name(), arguments),
            },
        };
        let lengths = offsets.iter().zip(offsets.iter().skip(1));
        let empty: Vec<bool> = lengths
            .enumerate()
            .map(|(row, (from, to))| value.is_null(row) || from == to)
            .collect();
        Ok(Arc::new(BooleanArray::from(empty)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::ListArray;
    use arrow::datatypes::Int64Type;

    #[test]
    fn null_and_no_items_are_empty() {
        let lists: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>([
            Some(vec![Some(1)]),
            Some(vec![]),
            None,
            Some(vec![None]),
        ]));
        let empty = NoItems.call(&[lists.slice(1, 3)]).unwrap();
        assert_eq!(
            empty.as_boolean().iter().collect::<Vec<_>>(),
            [Some(true), Some(true), Some(false)]
        );
    }
}
