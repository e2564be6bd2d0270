//! The end of `make_list`: a list where DataFusion says null for no items, and of exactly the language's type.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::DataType;
use datafusion_common::Result;

use super::{Chosen, items_of};
use crate::kernels::Kernel;
use crate::kernels::equality::fitted;

/// The list, an empty one where it is null.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OrEmpty {
    /// Type of the list.
    pub list: DataType,
}

impl Kernel for OrEmpty {
    fn name(&self) -> &str {
        "or_empty"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.list.clone())
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [list] = arguments else {
            return datafusion_common::internal_err!("or_empty takes one argument");
        };
        let array = fitted(list, &self.list)?;
        if array.null_count() == 0 {
            return Ok(array);
        }
        let list = array.as_list::<i32>();
        let mut lists = Chosen::with_rows(list.len());
        for row in 0..list.len() {
            lists.row(Some(items_of(list, row).unwrap_or_default()))?;
        }
        lists.finish(&Arc::clone(list.values()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{longs, read};
    use super::*;

    #[test]
    fn null_is_empty() {
        let lists = longs(vec![None, Some(vec![Some(1)])]);
        let kernel = OrEmpty {
            list: lists.data_type().clone(),
        };
        assert_eq!(
            read(&kernel.call(&[lists]).unwrap()),
            [Some(vec![]), Some(vec![Some(1)])]
        );
    }
}
