//! A key of a JSON object as its position among known names, read without a copy; it refuses nothing: an unknown key has none.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Visitor};

/// The position of a key among named children.
pub(crate) struct KeyAmong<'c, T>(pub(crate) &'c [(String, T)]);

impl<'de, T> DeserializeSeed<'de> for KeyAmong<'_, T> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<T> Visitor<'_> for KeyAmong<'_, T> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|(name, _)| name == key))
    }
}
