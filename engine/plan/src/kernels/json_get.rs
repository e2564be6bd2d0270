//! `document[key]` with a key that is computed: a field by its name, an item by its position, negative ones from the end.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::datatypes::{DataType, Int64Type};
use datafusion_common::Result;
use serde_json::Value as Json;

use super::Kernel;

/// `document[key]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JsonGet;

impl Kernel for JsonGet {
    fn name(&self) -> &str {
        "json_get"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [documents, key] = arguments else {
            return datafusion_common::internal_err!("json_get takes a document and a key");
        };
        let documents = documents.as_string::<i32>();
        let found = |row: usize| -> Option<String> {
            if documents.is_null(row) || key.is_null(row) {
                return None;
            }
            let document: Json = serde_json::from_str(documents.value(row)).ok()?;
            let value = match key.data_type() {
                DataType::Int64 => {
                    let items = document.as_array()?;
                    items.get(position(
                        key.as_primitive::<Int64Type>().value(row),
                        items.len(),
                    )?)?
                }
                _ => document.get(key.as_string::<i32>().value(row))?,
            };
            (!value.is_null()).then(|| value.to_string())
        };
        Ok(Arc::new(
            (0..documents.len()).map(found).collect::<StringArray>(),
        ))
    }
}

/// The place of an item: from 0, negative ones from the end; none beyond the list.
pub fn position(index: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    let index = if index < 0 {
        index.checked_add(length)?
    } else {
        index
    };
    (0..length)
        .contains(&index)
        .then(|| usize::try_from(index).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::Int64Array;

    #[test]
    fn positions_count_from_both_ends() {
        let documents: ArrayRef = Arc::new(StringArray::from(vec!["[1,2,3]"; 4]));
        let keys: ArrayRef = Arc::new(Int64Array::from(vec![0, -1, 3, i64::MIN]));
        let found = JsonGet.call(&[documents, keys]).unwrap();
        assert_eq!(
            found.as_string::<i32>().iter().collect::<Vec<_>>(),
            [Some("1"), Some("3"), None, None]
        );
    }

    #[test]
    fn what_is_not_there_is_null() {
        let documents: ArrayRef =
            Arc::new(StringArray::from(vec![r#"{"a":"b"}"#, "[1]", "no json"]));
        let keys: ArrayRef = Arc::new(StringArray::from(vec!["a", "a", "a"]));
        let found = JsonGet.call(&[documents, keys]).unwrap();
        assert_eq!(
            found.as_string::<i32>().iter().collect::<Vec<_>>(),
            [Some("\"b\""), None, None]
        );
    }
}
