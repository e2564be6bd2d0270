//! `[a, b, …]`: one list a row, of the values of several columns.

use arrow::array::{Array, ArrayRef};
use arrow::compute::interleave;
use arrow::datatypes::DataType;
use datafusion_common::Result;

use super::{list_of, made, offset};
use crate::kernels::Kernel;
use crate::kernels::equality::fitted;

/// A list of its arguments, at least one, all of one type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ListOf {
    /// Type of the items.
    pub item: DataType,
}

impl Kernel for ListOf {
    fn name(&self) -> &str {
        "list_of"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(list_of(self.item.clone()))
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let columns = arguments
            .iter()
            .map(|column| fitted(column, &self.item))
            .collect::<Result<Vec<_>>>()?;
        let Some(rows) = columns.first().map(Array::len) else {
            return datafusion_common::internal_err!("list_of takes at least one argument");
        };
        let order: Vec<(usize, usize)> = (0..rows)
            .flat_map(|row| (0..columns.len()).map(move |column| (column, row)))
            .collect();
        let offsets = (0..=rows)
            .map(|row| offset(row * columns.len()))
            .collect::<Result<_>>()?;
        let columns: Vec<&dyn Array> = columns.iter().map(AsRef::as_ref).collect();
        made(interleave(&columns, &order)?, offsets, vec![true; rows])
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::read;
    use super::*;
    use arrow::array::{Int64Array, NullArray};
    use std::sync::Arc;

    #[test]
    fn each_row_lists_its_values() {
        let left: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
        let right: ArrayRef = Arc::new(Int64Array::from(vec![3, 4]));
        let kernel = ListOf {
            item: DataType::Int64,
        };
        assert_eq!(
            read(&kernel.call(&[left, right]).unwrap()),
            [Some(vec![Some(1), Some(3)]), Some(vec![None, Some(4)])]
        );
    }

    #[test]
    fn lists_of_nothing_but_null() {
        let nulls: ArrayRef = Arc::new(NullArray::new(2));
        let kernel = ListOf {
            item: DataType::Null,
        };
        let lists = kernel.call(&[Arc::clone(&nulls), nulls]).unwrap();
        assert_eq!(lists.len(), 2);
        assert_eq!(lists.null_count(), 0);
    }
}
