//! What `mv-expand` makes a row of: the items of a document or the entries of a map, as a list.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ListArray, MapArray, StringArray, StructArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::DataType;
use datafusion_common::{Result, internal_err};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json, json};

use super::Kernel;
use super::rows;
use super::typed::offsets;
use crate::types::Type;

/// The items of a dynamic value: those of an array, `{"key", "value"}` of each field of an object, a scalar itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JsonItems;

impl Kernel for JsonItems {
    fn name(&self) -> &str {
        "json_items"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(Type::List(Box::new(Type::Dynamic)).arrow())
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let documents = rows::texts(arguments, 0)?;
        let lists: Vec<Option<Vec<Option<String>>>> =
            documents.iter().map(|text| items(text?)).collect();
        let DataType::List(field) = Type::List(Box::new(Type::Dynamic)).arrow() else {
            return internal_err!("a list is no list");
        };
        let values: StringArray = lists.iter().flatten().flatten().collect();
        let present: NullBuffer = lists.iter().map(Option::is_some).collect::<Vec<_>>().into();
        Ok(Arc::new(ListArray::try_new(
            field,
            offsets(lists.iter().map(|list| list.as_ref().map_or(0, Vec::len)))?,
            Arc::new(values),
            Some(present),
        )?))
    }
}

/// The documents in a document; null for null and for text that is not JSON.
fn items(text: &str) -> Option<Vec<Option<String>>> {
    match text.trim_start().as_bytes().first()? {
        // The items are cut out, not built: they are read again one field at a time.
        b'[' => {
            let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
            let texts = items.into_iter().map(RawValue::get);
            Some(
                texts
                    .map(|item| (item != "null").then(|| item.to_owned()))
                    .collect(),
            )
        }
        b'{' => {
            let fields: Map<String, Json> = serde_json::from_str(text).ok()?;
            let entry = |(key, value)| Some(json!({ "key": key, "value": value }).to_string());
            Some(fields.into_iter().map(entry).collect())
        }
        _ => {
            let scalar: Json = serde_json::from_str(text).ok()?;
            (!scalar.is_null()).then(|| vec![Some(scalar.to_string())])
        }
    }
}

/// The entries of a map, each a struct of `key` and `value`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MapEntries {
    /// Type of the result: a list of those structs.
    pub result: Type,
}

impl Kernel for MapEntries {
    fn name(&self) -> &str {
        "map_entries"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.result.arrow())
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [map] = arguments else {
            return internal_err!("map_entries takes a map");
        };
        let Some(map) = map.as_any().downcast_ref::<MapArray>() else {
            return internal_err!("map_entries takes a map, got {}", map.data_type());
        };
        let DataType::List(field) = self.result.arrow() else {
            return internal_err!("entries are a list");
        };
        let DataType::Struct(fields) = field.data_type().clone() else {
            return internal_err!("an entry is a struct");
        };
        let entries = StructArray::try_new(
            fields,
            vec![Arc::clone(map.keys()), Arc::clone(map.values())],
            None,
        )?;
        Ok(Arc::new(ListArray::try_new(
            field,
            map.offsets().clone(),
            Arc::new(entries),
            map.nulls().cloned(),
        )?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_document_has_items() {
        let show = |text| items(text).map(|list| list.into_iter().flatten().collect::<Vec<_>>());
        assert_eq!(show("[1, {\"a\": 2}]").unwrap(), ["1", "{\"a\": 2}"]);
        assert_eq!(items("[null]"), Some(vec![None]));
        assert_eq!(show(r#"{"a":1}"#).unwrap(), [r#"{"key":"a","value":1}"#]);
        assert_eq!(show("\"x\"").unwrap(), ["\"x\""]);
        assert_eq!(show("[]").unwrap(), Vec::<String>::new());
        assert_eq!((show("null"), show(""), show("[1,")), (None, None, None));
    }
}
