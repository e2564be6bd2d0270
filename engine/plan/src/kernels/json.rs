//! JSON as a whole: values written as it, text read as it, and what a document holds. Paths below documents are `dynamic`'s.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, StringArray};
use arrow::datatypes::DataType;
use datafusion_common::Result;
use serde_json::Value as Json;

use super::Kernel;
use super::rows::{self, texts};
use crate::json_text;
use crate::types::Type;

/// A list, map or struct as compact JSON text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ToJson {
    /// Type of the argument, since Arrow's does not tell a document from a text.
    pub ty: Type,
}

impl Kernel for ToJson {
    fn name(&self) -> &str {
        "to_json"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [value] = arguments else {
            return rows::wrong(self.name(), arguments);
        };
        let mut out = Vec::new();
        let texts = (0..value.len()).map(|row| {
            if json_text::is_null(value, row) {
                return None;
            }
            out.clear();
            json_text::write_value(value, &self.ty, row, &mut out);
            Some(String::from_utf8_lossy(&out).into_owned())
        });
        Ok(Arc::new(texts.collect::<StringArray>()))
    }
}

/// `parse_json(text)`: the document in the compact form in which equal documents are equal texts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ParseJson;

impl Kernel for ParseJson {
    fn name(&self) -> &str {
        "parse_json"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let documents = texts(arguments, 0)?.iter();
        let documents = documents.map(|text| Some(document(text?)?.to_string()));
        Ok(Arc::new(documents.collect::<StringArray>()))
    }
}

/// `typeof(document)`, never null.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KindOf;

impl Kernel for KindOf {
    fn name(&self) -> &str {
        "typeof"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let kinds = texts(arguments, 0)?.iter().map(|text| {
            Some(match text.and_then(document) {
                None | Some(Json::Null) => "null",
                Some(Json::Bool(_)) => "bool",
                Some(Json::Number(number)) if number.is_i64() => "long",
                Some(Json::Number(_)) => "real",
                Some(Json::String(_)) => "string",
                Some(Json::Array(_)) => "list",
                Some(Json::Object(_)) => "struct",
            })
        });
        Ok(Arc::new(kinds.collect::<StringArray>()))
    }
}

/// Whether a document is null, `""`, `[]` or `{}`; never null.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EmptyDocument;

impl Kernel for EmptyDocument {
    fn name(&self) -> &str {
        "empty_document"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let empty = texts(arguments, 0)?.iter().map(|text| {
            Some(match text.and_then(document) {
                None | Some(Json::Null) => true,
                Some(Json::String(text)) => text.is_empty(),
                Some(Json::Array(items)) => items.is_empty(),
                Some(Json::Object(fields)) => fields.is_empty(),
                Some(Json::Bool(_) | Json::Number(_)) => false,
            })
        });
        Ok(Arc::new(empty.collect::<BooleanArray>()))
    }
}

/// The document, `None` for null and for text that is none or nested too deep for serde_json, which stops at 128 levels.
fn document(text: &str) -> Option<Json> {
    serde_json::from_str(text)
        .ok()
        .filter(|document: &Json| !document.is_null())
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{AsArray, ListArray};
    use arrow::datatypes::Int64Type;

    fn column(of: &[Option<&str>]) -> ArrayRef {
        Arc::new(StringArray::from(of.to_vec()))
    }

    fn results(array: &ArrayRef) -> Vec<Option<&str>> {
        array.as_string::<i32>().iter().collect()
    }

    #[test]
    fn parsing_gives_compact_documents() {
        let deep = "[".repeat(200) + &"]".repeat(200);
        let parsed = ParseJson
            .call(&[column(&[
                Some(" {\"b\": [1, 2.50],\n \"a\": null} "),
                Some("null"),
                Some("{"),
                Some("1 2"),
                Some(&deep),
                None,
            ])])
            .unwrap();
        assert_eq!(
            results(&parsed),
            [
                Some(r#"{"b":[1,2.5],"a":null}"#),
                None,
                None,
                None,
                None,
                None
            ]
        );
    }

    #[test]
    fn kinds_are_never_null() {
        let documents = [
            (None, "null", true),
            (Some("true"), "bool", false),
            (Some("1"), "long", false),
            (Some("18446744073709551615"), "real", false),
            (Some("1.0"), "real", false),
            (Some("\"\""), "string", true),
            (Some("\"x\""), "string", false),
            (Some("[]"), "list", true),
            (Some("{\"a\":1}"), "struct", false),
            (Some("not json"), "null", true),
        ];
        let column = column(&documents.map(|(text, ..)| text));
        let kinds = KindOf.call(&[Arc::clone(&column)]).unwrap();
        assert_eq!(results(&kinds), documents.map(|(_, kind, _)| Some(kind)));
        let empty = EmptyDocument.call(&[column]).unwrap();
        assert_eq!(
            empty.as_boolean().iter().collect::<Vec<_>>(),
            documents.map(|(.., empty)| Some(empty))
        );
    }

    #[test]
    fn null_lists_are_null_texts() {
        let lists: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>([
            Some(vec![Some(1), None]),
            None,
        ]));
        let ty = Type::List(Box::new(Type::Long));
        let texts = ToJson { ty }.call(&[lists]).unwrap();
        assert_eq!(results(&texts), [Some("[1,null]"), None]);
    }
}
