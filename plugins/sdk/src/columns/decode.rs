//! Owns the decoding of JSON straight into a column, guided by the column's type; refuses paths.

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
    value::{MapAccessDeserializer, SeqAccessDeserializer},
};
use serde_json::value::RawValue;

use super::builder::{ColumnBuilder, Kind};
use super::cast::Scalar;
use crate::json::KeyAmong;
use crate::types::Error;

impl ColumnBuilder {
    /// Appends one JSON document, decoded by the column's type.
    ///
    /// # Errors
    /// When the text is not JSON or a buffer is full (2 GiB).
    pub fn append_json(&mut self, text: &str) -> Result<(), Error> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        (&mut *self)
            .deserialize(&mut deserializer)
            .and_then(|()| deserializer.end())
            .map_err(|e| Error::protocol(format!("expected a JSON value, got something else: {e}")))
    }
}

/// Appends exactly one value, whatever the JSON holds.
impl<'de> DeserializeSeed<'de> for &mut ColumnBuilder {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if let Kind::Json(bytes) = &mut self.kind {
            // The text goes out as it came; only a JSON null is our null.
            let raw = <&RawValue as serde::Deserialize>::deserialize(deserializer)?.get();
            if raw == "null" {
                return self.append_null().map_err(D::Error::custom);
            }
            bytes.push(raw.as_bytes()).map_err(D::Error::custom)?;
            self.validity.push(true);
            return Ok(());
        }
        deserializer.deserialize_any(ValueVisitor(self))
    }
}

struct ValueVisitor<'b>(&'b mut ColumnBuilder);

impl ValueVisitor<'_> {
    fn scalar<E: serde::de::Error>(self, value: Scalar<'_>) -> Result<(), E> {
        self.0.append(value).map_err(E::custom)
    }

    /// A composite in a text column is its JSON text, as `tostring` of the language gives it.
    fn text<E: serde::de::Error>(self, value: &serde_json::Value) -> Result<(), E> {
        self.0
            .append(Scalar::Str(&value.to_string()))
            .map_err(E::custom)
    }
}

impl<'de> Visitor<'de> for ValueVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.scalar(Scalar::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        self.scalar(Scalar::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        self.scalar(Scalar::Int(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        self.scalar(Scalar::Uint(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        self.scalar(Scalar::Float(value))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        self.scalar(Scalar::Str(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        match &mut self.0.kind {
            Kind::List { offsets, item } => {
                let mut count = 0;
                while seq.next_element_seed(&mut **item)?.is_some() {
                    count += 1;
                }
                offsets.push(count).map_err(A::Error::custom)?;
                self.0.validity.push(true);
                Ok(())
            }
            Kind::Utf8(_) => {
                let value = serde::Deserialize::deserialize(SeqAccessDeserializer::new(seq))?;
                self.text(&value)
            }
            _ => {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                self.scalar(Scalar::Null)
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        match &mut self.0.kind {
            Kind::Struct(children) => {
                let rows = self.0.validity.len();
                while let Some(index) = map.next_key_seed(KeyAmong(children))? {
                    match index.and_then(|i| children.get_mut(i)) {
                        // The first of equal keys counts; a second value would put the children out of step.
                        Some((_, child)) if child.len() == rows => map.next_value_seed(child)?,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                for (_, child) in children {
                    if child.len() == rows {
                        child.append_null().map_err(A::Error::custom)?;
                    }
                }
                self.0.validity.push(true);
                Ok(())
            }
            Kind::Map {
                offsets,
                key,
                value,
            } => {
                let mut count = 0;
                while map.next_key_seed(&mut **key)?.is_some() {
                    map.next_value_seed(&mut **value)?;
                    count += 1;
                }
                offsets.push(count).map_err(A::Error::custom)?;
                self.0.validity.push(true);
                Ok(())
            }
            Kind::Utf8(_) => {
                let value = serde::Deserialize::deserialize(MapAccessDeserializer::new(map))?;
                self.text(&value)
            }
            _ => {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                self.scalar(Scalar::Null)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Type;
    use crate::testing::column_values;
    use serde_json::json;

    fn check(of: Type, documents: &[&str], expected: serde_json::Value) {
        let values: Vec<_> = documents.iter().map(|d| Scalar::Json(d)).collect();
        assert_eq!(json!(column_values(of, &values)), expected);
    }

    #[test]
    fn nested_types_are_filled() {
        check(
            Type::list(Type::object([
                ("name", Type::Utf8),
                (
                    "state",
                    Type::object([("waiting", Type::object([("reason", Type::Utf8)]))]),
                ),
                ("n", Type::Int64),
            ])),
            &[
                r#"[{"name":"a","x":[1,{"y":2}],"state":{"waiting":{"reason":"CrashLoopBackOff"}},"n":3},{"n":"4"}]"#,
                "[]",
                "null",
                r#"{"not":"a list"}"#,
            ],
            json!([
                [
                    {"name": "a", "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "n": 3},
                    {"name": null, "state": null, "n": 4}
                ],
                [], null, null
            ]),
        );
    }

    #[test]
    fn maps_and_text_of_composites() {
        check(
            Type::map(Type::Utf8),
            &[r#"{"a":"1","b":null,"c":2}"#, "5"],
            json!([{"a": "1", "b": null, "c": "2"}, null]),
        );
        check(
            Type::Utf8,
            &[r#"{"a":[1,2.5,"x"]}"#, r#"[true]"#],
            json!([r#"{"a":[1,2.5,"x"]}"#, "[true]"]),
        );
        check(Type::Int64, &[r#"{"a":1}"#, "[1]"], json!([null, null]));
    }

    #[test]
    fn equal_keys_do_not_break_the_count() {
        check(
            Type::object([("a", Type::Int64)]),
            &[r#"{"a":1,"a":2}"#],
            json!([{"a": 1}]),
        );
    }

    #[test]
    fn escapes_are_resolved() {
        check(Type::Utf8, &[r#""a\"\u00e9\n""#], json!(["a\"é\n"]));
        check(
            Type::object([("a\"b", Type::Int64)]),
            &[r#"{"a\"b":1}"#],
            json!([{"a\"b": 1}]),
        );
    }
}
