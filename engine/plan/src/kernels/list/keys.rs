//! `bag_keys`: the names of what has fields.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListBuilder, StringBuilder};
use arrow::datatypes::DataType;
use datafusion_common::Result;
use serde_json::Value as Json;

use super::list_of;
use crate::kernels::Kernel;
use crate::kernels::dynamic::parse;

/// The keys of a map, the fields of a struct or of a JSON object, in the order in which they stand.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Keys;

impl Kernel for Keys {
    fn name(&self) -> &str {
        "bag_keys"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(list_of(DataType::Utf8))
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [value] = arguments else {
            return datafusion_common::internal_err!("bag_keys takes one argument");
        };
        let mut lists = ListBuilder::new(StringBuilder::new());
        for row in 0..value.len() {
            match keys(value, row) {
                Some(keys) => lists.append_value(keys.into_iter().map(Some)),
                None => lists.append_null(),
            }
        }
        Ok(Arc::new(lists.finish()))
    }
}

fn keys(value: &ArrayRef, row: usize) -> Option<Vec<String>> {
    if value.is_null(row) {
        return None;
    }
    match value.data_type() {
        DataType::Struct(fields) => Some(fields.iter().map(|field| field.name().clone()).collect()),
        DataType::Map(..) => {
            let entries = value.as_map().value(row);
            let keys = entries.column(0).as_string_opt::<i32>()?;
            Some(keys.iter().flatten().map(str::to_owned).collect())
        }
        _ => match parse(value.as_string_opt::<i32>()?.value(row))? {
            Json::Object(object) => Some(object.into_iter().map(|(key, _)| key).collect()),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::texts;
    use super::*;
    use arrow::array::{MapBuilder, StringArray};

    #[test]
    fn keys_stand_as_written() {
        let documents: ArrayRef = Arc::new(StringArray::from(vec![
            Some(r#"{"b":1,"a":null}"#),
            Some("{}"),
            Some("[1]"),
            None,
        ]));
        let keys: &[Option<&str>] = &[Some("b"), Some("a")];
        assert_eq!(
            Keys.call(&[documents]).unwrap().as_ref(),
            texts(&[Some(keys), Some(&[]), None, None]).as_ref()
        );
    }

    #[test]
    fn maps_have_keys() {
        let mut builder = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
        builder.append(false).unwrap();
        builder.keys().append_value("app");
        builder.values().append_null();
        builder.append(true).unwrap();
        let map: ArrayRef = Arc::new(builder.finish());
        let keys: &[Option<&str>] = &[Some("app")];
        assert_eq!(
            Keys.call(&[map.slice(1, 1)]).unwrap().as_ref(),
            texts(&[Some(keys)]).as_ref()
        );
    }
}
