//! Owns the envelope of a list and the order of its reading: the token is handed out before the items are decoded, so that the
//! next page is under way meanwhile. Refuses to know what a row is.

use std::fmt;

use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use trawl_sdk::Error;

/// What a page is read into.
pub(crate) trait Reader<'de> {
    /// The page's token, empty at the end of the list. Comes before the items when the server sends it before.
    fn token(&mut self, token: &str) -> Result<(), Error>;

    /// Decodes one item. `false` ends the reading of the page.
    fn item<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<Item, D::Error>;
}

/// What became of an item.
#[derive(Debug)]
pub(crate) enum Item {
    /// The next one is wanted.
    More,
    /// No more are wanted.
    Stop,
    /// Our own failure, not the JSON's.
    Failed(Error),
}

/// Why the reading of a page ended.
#[derive(Debug)]
pub(crate) enum End {
    /// All items were read.
    Whole,
    /// The reader wanted no more.
    Stopped,
}

/// ListMeta, <https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#ListMeta>.
#[derive(Deserialize, Default)]
struct ListMeta {
    #[serde(default, rename = "continue")]
    token: String,
}

/// Reads a page.
///
/// # Errors
/// `protocol` when the body is not a list; the reader's own failures.
pub(crate) fn read<'de, R: Reader<'de>>(body: &'de [u8], reader: &mut R) -> Result<End, Error> {
    let mut outcome = Outcome::default();
    let mut json = serde_json::Deserializer::from_slice(body);
    let parsed = Page {
        reader,
        outcome: &mut outcome,
    }
    .deserialize(&mut json)
    .and_then(|()| json.end());
    if let Some(error) = outcome.failed {
        return Err(error);
    }
    if outcome.stopped {
        return Ok(End::Stopped);
    }
    parsed.map_err(|e| {
        Error::protocol(format!(
            "expected a list of {} bytes in JSON, got something else: {e}",
            body.len()
        ))
    })?;
    if !outcome.items {
        return Err(Error::protocol(
            "expected a list, got an object without `items`",
        ));
    }
    Ok(End::Whole)
}

/// What serde's errors cannot carry.
#[derive(Debug, Default)]
struct Outcome {
    failed: Option<Error>,
    stopped: bool,
    items: bool,
}

struct Page<'r, R> {
    reader: &'r mut R,
    outcome: &'r mut Outcome,
}

impl<'de, R: Reader<'de>> DeserializeSeed<'de> for Page<'_, R> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, R: Reader<'de>> Visitor<'de> for Page<'_, R> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Key>()? {
            match key {
                Key::Metadata => {
                    let meta: Option<ListMeta> = map.next_value()?;
                    if let Err(error) = self.reader.token(&meta.unwrap_or_default().token) {
                        self.outcome.failed = Some(error);
                        return Err(A::Error::custom("ended"));
                    }
                }
                Key::Items => {
                    self.outcome.items = true;
                    map.next_value_seed(Items {
                        reader: &mut *self.reader,
                        outcome: &mut *self.outcome,
                    })?;
                }
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Key {
    Metadata,
    Items,
    #[serde(other)]
    Other,
}

struct Items<'r, R> {
    reader: &'r mut R,
    outcome: &'r mut Outcome,
}

impl<'de, R: Reader<'de>> DeserializeSeed<'de> for Items<'_, R> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de, R: Reader<'de>> Visitor<'de> for Items<'_, R> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    // Go writes an empty slice as null.
    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(item) = seq.next_element_seed(OneItem(&mut *self.reader))? {
            match item {
                Item::More => continue,
                Item::Stop => self.outcome.stopped = true,
                Item::Failed(error) => self.outcome.failed = Some(error),
            }
            return Err(A::Error::custom("ended"));
        }
        Ok(())
    }
}

struct OneItem<'r, R>(&'r mut R);

impl<'de, R: Reader<'de>> DeserializeSeed<'de> for OneItem<'_, R> {
    type Value = Item;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Item, D::Error> {
        self.0.item(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[derive(Default)]
    struct Log(Vec<String>, usize);

    impl<'de> Reader<'de> for Log {
        fn token(&mut self, token: &str) -> Result<(), Error> {
            self.0.push(format!("token {token}"));
            Ok(())
        }

        fn item<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<Item, D::Error> {
            let value = Value::deserialize(deserializer)?;
            self.0.push(value.to_string());
            self.1 += 1;
            Ok(match self.1 {
                3 => Item::Stop,
                _ => Item::More,
            })
        }
    }

    fn read_all(body: &str) -> (Result<End, Error>, Vec<String>) {
        let mut log = Log::default();
        let end = read(body.as_bytes(), &mut log);
        (end, log.0)
    }

    #[test]
    fn the_token_comes_before_the_items() {
        let (end, log) =
            read_all(r#"{"kind":"PodList","metadata":{"continue":"t"},"items":[1,2]}"#);
        assert!(matches!(end, Ok(End::Whole)));
        assert_eq!(log, ["token t", "1", "2"]);
        let (_, log) = read_all(r#"{"items":[1],"metadata":{}}"#);
        assert_eq!(log, ["1", "token "]);
    }

    #[test]
    fn empty_lists() {
        for body in [
            r#"{"metadata":{},"items":[]}"#,
            r#"{"metadata":null,"items":null}"#,
        ] {
            let (end, log) = read_all(body);
            assert!(matches!(end, Ok(End::Whole)), "{body}");
            assert_eq!(log, ["token "]);
        }
    }

    #[test]
    fn stopping_leaves_the_rest_unread() {
        let (end, log) = read_all(r#"{"items":[1,2,3,4"#);
        assert!(matches!(end, Ok(End::Stopped)));
        assert_eq!(log.len(), 3);
    }

    #[test]
    fn what_is_not_a_list_is_refused() {
        for body in [
            "",
            "[]",
            "<html>",
            r#"{"kind":"Pod"}"#,
            r#"{"items":{}}"#,
            r#"{"items":[1"#,
            r#"{"items":[]} x"#,
        ] {
            let (end, _) = read_all(body);
            assert_eq!(
                end.unwrap_err().code,
                trawl_sdk::types::ErrorCode::Protocol,
                "{body}"
            );
        }
    }
}
