//! `list[position]`: one item, null where there is none.

use arrow::array::{Array, ArrayRef, AsArray, UInt64Array};
use arrow::compute::take;
use arrow::datatypes::{DataType, Int64Type};
use datafusion_common::Result;

use super::{as_list, item_type, items_of};
use crate::kernels::Kernel;

/// The item at a position that counts from 0, a negative one from the end.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ListGet;

impl Kernel for ListGet {
    fn name(&self) -> &str {
        "list_get"
    }

    fn returns(&self, arguments: &[DataType]) -> Result<DataType> {
        item_type(self.name(), arguments)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [list, position] = arguments else {
            return datafusion_common::internal_err!("list_get takes two arguments");
        };
        let (list, position) = (
            as_list(self.name(), list)?,
            position.as_primitive::<Int64Type>(),
        );
        let chosen: UInt64Array = (0..list.len())
            .map(|row| {
                let items = items_of(list, row)?;
                let position = (!position.is_null(row)).then(|| position.value(row))?;
                let from_start = if position < 0 {
                    i64::try_from(items.len()).ok()?.checked_add(position)?
                } else {
                    position
                };
                let at = usize::try_from(from_start).ok()?;
                (at < items.len()).then_some((items.start + at) as u64)
            })
            .collect();
        Ok(take(list.values(), &chosen, None)?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::longs;
    use super::*;
    use arrow::array::Int64Array;
    use std::sync::Arc;

    #[test]
    fn positions_out_of_range_are_null() {
        let lists = longs(vec![Some(vec![Some(1), Some(2)]); 7]);
        let positions: ArrayRef = Arc::new(Int64Array::from(vec![
            Some(0),
            Some(1),
            Some(2),
            Some(-1),
            Some(-3),
            Some(i64::MIN),
            None,
        ]));
        let items = ListGet.call(&[lists, positions]).unwrap();
        assert_eq!(
            items.as_primitive::<Int64Type>().iter().collect::<Vec<_>>(),
            [Some(1), Some(2), None, Some(2), None, None, None]
        );
    }

    #[test]
    fn no_item_of_a_null_or_empty_list() {
        let lists = longs(vec![None, Some(vec![])]);
        let first: ArrayRef = Arc::new(Int64Array::from(vec![0, 0]));
        assert_eq!(ListGet.call(&[lists, first]).unwrap().null_count(), 2);
    }
}
