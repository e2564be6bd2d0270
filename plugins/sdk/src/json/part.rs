//! Owns one step from a JSON value to a part of it, without a look at the rest; refuses steps to several parts.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The member of a name; of equal names the first, as everywhere.
struct Member<'k>(&'k str);

/// The item at a position.
struct Item(u64);

/// The text of the member `key` of an object; none when it has none or the document is no object.
pub(super) fn member<'d>(
    document: &'d str,
    key: &str,
) -> Result<Option<&'d str>, serde_json::Error> {
    part(document, '{', Member(key))
}

/// The text of the item at `index` of a list; none when there is none or the document is no list.
pub(super) fn item(document: &str, index: u32) -> Result<Option<&str>, serde_json::Error> {
    part(document, '[', Item(u64::from(index)))
}

fn part<'d, S: DeserializeSeed<'d, Value = Option<&'d str>>>(
    document: &'d str,
    first: char,
    seed: S,
) -> Result<Option<&'d str>, serde_json::Error> {
    if !document.trim_start().starts_with(first) {
        return Ok(None);
    }
    let mut deserializer = serde_json::Deserializer::from_str(document);
    let part = seed.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(part)
}

impl<'de> DeserializeSeed<'de> for Member<'_> {
    type Value = Option<&'de str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = Option<&'de str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(wanted) = map.next_key_seed(Equals(self.0))? {
            if wanted && found.is_none() {
                found = Some(map.next_value::<&RawValue>()?.get());
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

impl<'de> DeserializeSeed<'de> for Item {
    type Value = Option<&'de str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Item {
    type Value = Option<&'de str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        for _ in 0..self.0 {
            if seq.next_element::<IgnoredAny>()?.is_none() {
                return Ok(None);
            }
        }
        let found = seq.next_element::<&RawValue>()?.map(RawValue::get);
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(found)
    }
}

/// Whether a key is the one that is looked for, read without a copy.
struct Equals<'k>(&'k str);

impl<'de> DeserializeSeed<'de> for Equals<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Equals<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_and_the_rest_is_skipped() {
        let document = r#" {"x":[{"a":9}],"a\"":1,"a":{"b": [1, 2]},"a":3} "#;
        assert_eq!(member(document, "a").unwrap(), Some(r#"{"b": [1, 2]}"#));
        assert_eq!(member(document, "a\"").unwrap(), Some("1"));
        assert_eq!(member(document, "b").unwrap(), None);
        assert_eq!(item(document, 0).unwrap(), None);
        for (index, expected) in [
            (0, Some("5")),
            (1, Some("[6]")),
            (2, Some("null")),
            (3, None),
            (u32::MAX, None),
        ] {
            assert_eq!(item("[5,[6],null]", index).unwrap(), expected);
        }
        assert_eq!(member("[1]", "a").unwrap(), None);
        assert_eq!(item("[]", 0).unwrap(), None);
    }

    #[test]
    fn what_is_broken_behind_the_part_is_an_error() {
        for document in [r#"{"a":1"#, r#"{"a":1} x"#, r#"{"a":1,"b":}"#] {
            assert!(member(document, "a").is_err(), "{document}");
        }
        assert!(item("[1,2", 0).is_err());
    }
}
