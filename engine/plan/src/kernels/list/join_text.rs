//! `strcat_array`: texts of a list with a separator between them.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::datatypes::DataType;
use datafusion_common::Result;

use super::{as_list, items_of};
use crate::kernels::{Kernel, rows};

/// The texts joined; null items are left out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JoinText;

impl Kernel for JoinText {
    fn name(&self) -> &str {
        "strcat_array"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [list, _] = arguments else {
            return datafusion_common::internal_err!("strcat_array takes two arguments");
        };
        let (list, separator) = (as_list(self.name(), list)?, rows::texts(arguments, 1)?);
        let texts = list.values().as_string::<i32>();
        let joined: StringArray = (0..list.len())
            .map(|row| {
                let items = items_of(list, row)?;
                let separator = (!separator.is_null(row)).then(|| separator.value(row))?;
                let items: Vec<&str> = items
                    .filter(|&item| !texts.is_null(item))
                    .map(|item| texts.value(item))
                    .collect();
                Some(items.join(separator))
            })
            .collect();
        Ok(Arc::new(joined))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::texts;
    use super::*;

    #[test]
    fn null_items_are_left_out_with_their_separator() {
        let items: &[Option<&str>] = &[Some("a"), None, Some("b")];
        let separators: ArrayRef = Arc::new(StringArray::from(vec!["-"; 3]));
        let joined = JoinText
            .call(&[texts(&[Some(items), Some(&[]), None]), separators])
            .unwrap();
        assert_eq!(
            joined.as_string::<i32>().iter().collect::<Vec<_>>(),
            [Some("a-b"), Some(""), None]
        );
    }
}
