//! Owns the decoding of JSON straight into a column, guided by the column's type; refuses paths.

use std::borrow::Cow;
use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use super::builder::{ColumnBuilder, Kind};
use super::cast::Scalar;
use super::decimal;
use super::leaf::Fixed;
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

    /// Appends one JSON document that is known to be one, since the plugin wrote it itself: a JSON column takes it as it is.
    ///
    /// # Errors
    /// As [`append_json`](Self::append_json).
    pub fn append_own_json(&mut self, text: &str) -> Result<(), Error> {
        match &self.kind {
            Kind::Json(_) if text != "null" => self.append_text(text),
            _ => self.append_json(text),
        }
    }

    /// Appends one JSON value to a column without children. The value's own text decides, since a parsed number would have
    /// lost digits that a quantity keeps.
    fn append_leaf(&mut self, raw: &str) -> Result<(), Error> {
        match raw.as_bytes().first() {
            Some(b'n') => self.append_null(),
            // A document goes out as it came.
            _ if matches!(self.kind, Kind::Json(_)) => self.append_text(raw),
            Some(b'"') => match text_of(raw) {
                Some(text) => self.append(Scalar::Str(&text)),
                None => self.append_null(),
            },
            Some(b't') => self.append(Scalar::Bool(true)),
            Some(b'f') => self.append(Scalar::Bool(false)),
            Some(b'{' | b'[') => self.append_composite(raw),
            _ => self.append_number(raw),
        }
    }

    /// A composite in a text column is its compact text, as `tostring` of the language gives it; any other has no use for it.
    fn append_composite(&mut self, raw: &str) -> Result<(), Error> {
        let text = match self.kind {
            Kind::Utf8(_) => serde_json::from_str::<serde_json::Value>(raw).ok(),
            _ => None,
        };
        match text {
            Some(value) => self.append_text(&value.to_string()),
            // One that is nested deeper than serde_json goes (128) has no text either.
            None => self.append_null(),
        }
    }

    fn append_number(&mut self, raw: &str) -> Result<(), Error> {
        match &mut self.kind {
            Kind::Fixed(Fixed::Decimal(precision, scale), data) => {
                match decimal::parse(raw, *precision, *scale) {
                    Some(unscaled) => data.extend_from_slice(&unscaled.to_le_bytes()),
                    None => return self.append_null(),
                }
                self.validity.push(true);
                Ok(())
            }
            // As the host's own kernels write it: `1e3` is 1000.0.
            Kind::Utf8(_) => match serde_json::from_str::<serde_json::Number>(raw) {
                Ok(number) => self.append_text(&number.to_string()),
                Err(_) => self.append_null(),
            },
            _ => {
                let integer = raw.parse().map(Scalar::Int);
                let integer = integer.or_else(|_| raw.parse().map(Scalar::Uint));
                // Rust's own reading is exact; JSON has no infinity, and what is too large for a real is none.
                let number = integer.or_else(|_| match raw.parse::<f64>() {
                    Ok(real) if real.is_finite() => Ok(Scalar::Float(real)),
                    _ => Err(()),
                });
                self.append(number.unwrap_or(Scalar::Null))
            }
        }
    }

    /// Appends a text to a text or JSON column as it is.
    fn append_text(&mut self, text: &str) -> Result<(), Error> {
        match &mut self.kind {
            Kind::Utf8(bytes) | Kind::Json(bytes) => bytes.push(text.as_bytes())?,
            _ => return self.append_null(),
        }
        self.validity.push(true);
        Ok(())
    }
}

/// The text that a JSON string stands for; none for half a surrogate pair, which is no text.
fn text_of(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str(raw).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

/// Appends exactly one value, whatever the JSON holds.
impl<'de> DeserializeSeed<'de> for &mut ColumnBuilder {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.kind {
            Kind::List { .. } | Kind::Struct(_) | Kind::Map { .. } => {
                deserializer.deserialize_any(Composite(self))
            }
            _ => {
                let raw = <&RawValue as serde::Deserialize>::deserialize(deserializer)?;
                self.append_leaf(raw.get()).map_err(D::Error::custom)
            }
        }
    }
}

/// Fills a column with children; a value of another form is null.
struct Composite<'b>(&'b mut ColumnBuilder);

impl Composite<'_> {
    fn null<E: serde::de::Error>(self) -> Result<(), E> {
        self.0.append_null().map_err(E::custom)
    }
}

impl<'de> Visitor<'de> for Composite<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.null()
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        self.null()
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        self.null()
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        self.null()
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        self.null()
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<(), E> {
        self.null()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Kind::List { offsets, item } = &mut self.0.kind else {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return self.null();
        };
        let mut count = 0;
        while seq.next_element_seed(&mut **item)?.is_some() {
            count += 1;
        }
        offsets.push(count).map_err(A::Error::custom)?;
        self.0.validity.push(true);
        Ok(())
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
            }
            Kind::Map {
                offsets,
                key,
                value,
            } => {
                let mut count = 0;
                while map.next_key_seed(MapKey(key))?.is_some() {
                    map.next_value_seed(&mut **value)?;
                    count += 1;
                }
                offsets.push(count).map_err(A::Error::custom)?;
            }
            _ => {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                return self.null();
            }
        }
        self.0.validity.push(true);
        Ok(())
    }
}

/// Appends a key, which is never null.
struct MapKey<'b>(&'b mut ColumnBuilder);

impl<'de> DeserializeSeed<'de> for MapKey<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for MapKey<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<(), E> {
        self.0.append(Scalar::Str(key)).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests;
