//! JSON documents at run time: a path below one, its value as a type, and a key that sorts.
//!
//! Most paths never come here: the source puts them out as typed columns. These serve dynamic values that lost their source,
//! behind an aggregate for instance.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BinaryArray, StringArray};
use arrow::datatypes::DataType;
use datafusion_common::Result;
use serde_json::Value as Json;

use super::convert::truncated;
use super::{Kernel, typed};
use crate::catalog::Step;
use crate::quantity;
use crate::types::Type;

/// The document at a path below a document; null where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JsonPath {
    /// The way down.
    pub steps: Vec<Step>,
}

impl Kernel for JsonPath {
    fn name(&self) -> &str {
        "json_path"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        Ok(Arc::new(
            documents(arguments)?
                .map(|text| Some(self.descend(&parse(text?)?)?.to_string()))
                .collect::<StringArray>(),
        ))
    }
}

impl JsonPath {
    fn descend<'a>(&self, mut value: &'a Json) -> Option<&'a Json> {
        for step in &self.steps {
            value = match step {
                Step::Key(key) => value.get(key)?,
                Step::Index(index) => value.get(usize::try_from(*index).ok()?)?,
            };
        }
        (!value.is_null()).then_some(value)
    }
}

/// A document as a value of a type; null where it is not one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JsonAs {
    /// The type.
    pub ty: Type,
}

impl Kernel for JsonAs {
    fn name(&self) -> &str {
        "json_as"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.ty.arrow())
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let values: Vec<Option<Json>> = documents(arguments)?.map(|text| parse(text?)).collect();
        let values: Vec<Option<&Json>> = values.iter().map(Option::as_ref).collect();
        typed::column(&values, &self.ty)
    }
}

/// A key whose byte order is the order of documents: null < bool < number < string < the rest by its text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JsonOrder;

impl Kernel for JsonOrder {
    fn name(&self) -> &str {
        "json_order"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Binary)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let keys: Vec<Option<Vec<u8>>> = documents(arguments)?
            .map(|text| order_key(&parse(text?)?))
            .collect();
        Ok(Arc::new(
            keys.iter().map(Option::as_deref).collect::<BinaryArray>(),
        ))
    }
}

fn documents(arguments: &[ArrayRef]) -> Result<impl Iterator<Item = Option<&str>>> {
    match arguments {
        [text] if text.data_type() == &DataType::Utf8 => Ok(text.as_string::<i32>().iter()),
        _ => datafusion_common::internal_err!("a JSON kernel takes one text"),
    }
}

/// The document; text that is not JSON is null, since a source promised JSON and one bad value must not end the query.
pub(crate) fn parse(text: &str) -> Option<Json> {
    serde_json::from_str(text)
        .ok()
        .filter(|value: &Json| !value.is_null())
}

pub(super) fn as_bool(value: &Json) -> Option<bool> {
    value.as_bool().or_else(|| value.as_str()?.parse().ok())
}

/// Up to here every whole number is a real of its own, so that a real can be said to be one of them.
const WHOLE_REALS: f64 = 9_007_199_254_740_992.0;

pub(super) fn as_long(value: &Json) -> Option<i64> {
    if let Json::String(text) = value {
        return text.parse().ok();
    }
    let whole = |real: &f64| real.fract() == 0.0 && real.abs() <= WHOLE_REALS;
    value
        .as_i64()
        .or_else(|| value.as_f64().filter(whole).and_then(truncated))
}

pub(super) fn as_real(value: &Json) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

pub(super) fn as_quantity(value: &Json) -> Option<i128> {
    match value {
        // The digits themselves, since a whole number can have more than a real holds.
        Json::Number(number) => quantity::parse(&number.to_string()),
        Json::String(text) => quantity::parse(text),
        _ => None,
    }
}

pub(super) fn as_text(value: &Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn order_key(value: &Json) -> Option<Vec<u8>> {
    Some(match value {
        Json::Null => return None,
        Json::Bool(value) => vec![1, u8::from(*value)],
        Json::Number(number) => {
            // The usual map from IEEE order to byte order: flip all bits of negatives, the sign bit of the others.
            let bits = number.as_f64()?.to_bits();
            let ordered = if bits >> 63 == 1 {
                !bits
            } else {
                bits | (1 << 63)
            };
            [&[2], ordered.to_be_bytes().as_slice()].concat()
        }
        Json::String(text) => [&[3], text.as_bytes()].concat(),
        other => [&[4], other.to_string().as_bytes()].concat(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(values: &[&str]) -> ArrayRef {
        Arc::new(StringArray::from(values.to_vec()))
    }

    #[test]
    fn paths_that_lead_nowhere_are_null() {
        let kernel = JsonPath {
            steps: vec![Step::Key("a".into()), Step::Index(1)],
        };
        let result = kernel
            .call(&[texts(&[
                r#"{"a":[1,{"b":2}]}"#,
                r#"{"a":3}"#,
                "not json",
                r#"{"a":[0,null]}"#,
            ])])
            .unwrap();
        assert_eq!(
            result.as_string::<i32>().iter().collect::<Vec<_>>(),
            [Some(r#"{"b":2}"#), None, None, None]
        );
    }

    #[test]
    fn casts_that_fail_are_null() {
        let result = JsonAs { ty: Type::Long }
            .call(&[texts(&[
                "3", "\"4\"", "\"x\"", "3.5", "true", "3.0", "1e300",
            ])])
            .unwrap();
        let longs = result.as_primitive::<arrow::datatypes::Int64Type>();
        assert_eq!(
            longs.iter().collect::<Vec<_>>(),
            [Some(3), Some(4), None, None, None, Some(3), None]
        );
    }

    #[test]
    fn quantities_are_numbers_or_texts_in_kubernetes_form() {
        let result = JsonAs { ty: Type::Quantity }
            .call(&[texts(&[
                "\"500m\"",
                "2",
                "0.25",
                "1e3",
                "18446744073709551615",
                "\"x\"",
                "true",
                "[1]",
            ])])
            .unwrap();
        let parts = result.as_primitive::<arrow::datatypes::Decimal128Type>();
        let shown: Vec<_> = parts.iter().map(|v| v.map(quantity::format)).collect();
        assert_eq!(
            shown,
            [
                Some("0.5"),
                Some("2"),
                Some("0.25"),
                Some("1000"),
                Some("18446744073709551615"),
                None,
                None,
                None
            ]
            .map(|text| text.map(str::to_owned))
        );
    }

    #[test]
    fn keys_sort_by_kind_then_value() {
        let sorted = [
            "false", "true", "-2", "-1.5", "0", "10", "\"10\"", "\"9\"", "[1]",
        ];
        let keys: Vec<_> = sorted
            .iter()
            .map(|text| order_key(&parse(text).unwrap()).unwrap())
            .collect();
        assert!(keys.is_sorted());
    }
}
