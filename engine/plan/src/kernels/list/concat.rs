//! `array_concat`: the items of several lists, one list after the other.

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion_common::Result;

use super::{Chosen, Together, list_of};
use crate::kernels::Kernel;

/// The lists joined into one; null where one of them is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Concat {
    /// Type of the items.
    pub item: DataType,
}

impl Kernel for Concat {
    fn name(&self) -> &str {
        "array_concat"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(list_of(self.item.clone()))
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let lists = Together::new(self.name(), arguments, &self.item)?;
        let mut joined = Chosen::with_rows(lists.len());
        for row in 0..lists.len() {
            joined.row(lists.row(row).map(|parts| parts.into_iter().flatten()))?;
        }
        joined.finish(&lists.values)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{longs, read};
    use super::*;

    #[test]
    fn one_after_the_other() {
        let left = longs(vec![Some(vec![Some(1), None]), Some(vec![]), None]);
        let right = longs(vec![Some(vec![Some(1)]), Some(vec![]), Some(vec![Some(2)])]);
        let kernel = Concat {
            item: DataType::Int64,
        };
        assert_eq!(
            read(&kernel.call(&[left, right]).unwrap()),
            [Some(vec![Some(1), None, Some(1)]), Some(vec![]), None]
        );
    }
}
