//! The items of a JSON array, each a document of its own: how a dynamic value becomes a list.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, ListBuilder, StringBuilder};
use arrow::datatypes::DataType;
use datafusion_common::Result;
use serde_json::Value as Json;

use super::list_of;
use crate::kernels::Kernel;
use crate::kernels::dynamic::parse;

/// JSON text to the list of its items' texts; a JSON null is a null item, what is no array is null.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JsonItems;

impl Kernel for JsonItems {
    fn name(&self) -> &str {
        "json_items"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(list_of(DataType::Utf8))
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [text] = arguments else {
            return datafusion_common::internal_err!("json_items takes one argument");
        };
        let mut lists = ListBuilder::new(StringBuilder::new());
        for text in text.as_string::<i32>() {
            match text.and_then(parse) {
                Some(Json::Array(items)) => lists.append_value(
                    items
                        .into_iter()
                        .map(|item| (!item.is_null()).then(|| item.to_string())),
                ),
                _ => lists.append_null(),
            }
        }
        Ok(Arc::new(lists.finish()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::texts;
    use super::*;
    use arrow::array::StringArray;

    #[test]
    fn only_arrays_have_items() {
        let documents: ArrayRef = Arc::new(StringArray::from(vec![
            Some(r#"[1, "a", null, {"b": [2]}]"#),
            Some("[]"),
            Some("{}"),
            Some("[1"),
            None,
        ]));
        let items: &[Option<&str>] = &[Some("1"), Some("\"a\""), None, Some(r#"{"b":[2]}"#)];
        assert_eq!(
            JsonItems.call(&[documents]).unwrap().as_ref(),
            texts(&[Some(items), Some(&[]), None, None, None]).as_ref()
        );
    }
}
