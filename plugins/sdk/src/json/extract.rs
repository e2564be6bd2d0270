//! Owns the trie of requested paths and the decoding of one object along it; refuses derived columns.

use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess,
    Visitor,
};
use serde_json::value::RawValue;

use super::key::KeyAmong;
use super::navigate::append_path;
use crate::columns::ColumnBuilder;
use crate::types::PathStep;

/// What is done with the value at a node.
#[derive(Debug, Clone, PartialEq)]
pub enum Capture {
    /// It goes into a column.
    Column(usize),
    /// What the rest of the path selects in it goes into a column.
    Path(usize, Vec<PathStep>),
    /// Its text is kept for columns that are computed from it.
    Text(usize),
}

/// What is wanted of the value at one place of an object, and of what is in it.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Node {
    captures: Vec<Capture>,
    children: Vec<(String, Node)>,
}

/// Decodes only what is asked for: everything else in an object is skipped without being looked at twice.
///
/// ```
/// # use trawl_sdk::{json::Extractor, columns::BatchBuilder, schema::{Type, request_column}};
/// # use serde::de::DeserializeSeed;
/// let columns = [request_column("node", Type::Utf8)];
/// let mut batch = BatchBuilder::new(&columns)?;
/// let mut extractor = Extractor::default();
/// extractor.column(0, &["spec", "nodeName"], &[]);
/// let mut texts = extractor.texts();
/// let mut json = serde_json::Deserializer::from_str(r#"{"spec":{"nodeName":"n1","x":[1,2]}}"#);
/// extractor.object(batch.columns_mut(), &mut texts).deserialize(&mut json).unwrap();
/// batch.end_row()?;
/// # Ok::<(), trawl_sdk::Error>(())
/// ```
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Extractor {
    root: Node,
    texts: usize,
}

impl Extractor {
    /// Sends the value at `base`, then along `path`, into the column of index `column`.
    pub fn column<S: AsRef<str>>(&mut self, column: usize, base: &[S], path: &[PathStep]) {
        let mut node = &mut self.root;
        for key in base {
            node = node.child(key.as_ref());
        }
        let mut rest = path;
        while let Some((PathStep::Key(key), tail)) = rest.split_first() {
            node = node.child(key);
            rest = tail;
        }
        node.captures.push(if rest.is_empty() {
            Capture::Column(column)
        } else {
            Capture::Path(column, rest.to_vec())
        });
    }

    /// Keeps the text of the value at `path`; gives the index among [`texts`](Self::texts).
    pub fn text<S: AsRef<str>>(&mut self, path: &[S]) -> usize {
        let mut node = &mut self.root;
        for key in path {
            node = node.child(key.as_ref());
        }
        let kept = node.captures.iter().find_map(|capture| match capture {
            Capture::Text(index) => Some(*index),
            _ => None,
        });
        kept.unwrap_or_else(|| {
            let index = self.texts;
            node.captures.push(Capture::Text(index));
            self.texts += 1;
            index
        })
    }

    /// The first keys of all requested paths, to see which parts of an object are needed at all.
    pub fn roots(&self) -> impl Iterator<Item = &str> {
        self.root.children.iter().map(|(key, _)| key.as_str())
    }

    /// The wanted places, for decoders of other encodings of the same objects.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// Room for the texts of one object.
    pub fn texts<'de>(&self) -> Vec<Option<&'de str>> {
        vec![None; self.texts]
    }

    /// The decoder of one object. Columns whose path is missing get nothing: end the row to fill them.
    pub fn object<'x, 'de>(
        &'x self,
        columns: &'x mut [ColumnBuilder],
        texts: &'x mut [Option<&'de str>],
    ) -> ObjectSeed<'x, 'de> {
        ObjectSeed {
            node: &self.root,
            columns,
            texts,
        }
    }
}

impl Node {
    /// What is done with the value itself.
    pub fn captures(&self) -> &[Capture] {
        &self.captures
    }

    /// The members of which something is wanted.
    pub fn children(&self) -> impl Iterator<Item = (&str, &Self)> {
        self.children.iter().map(|(key, node)| (key.as_str(), node))
    }

    fn child(&mut self, key: &str) -> &mut Self {
        let at = match self.children.iter().position(|(name, _)| name == key) {
            Some(at) => at,
            None => {
                self.children.push((key.to_owned(), Self::default()));
                self.children.len() - 1
            }
        };
        // The index was found or made just above.
        #[allow(clippy::indexing_slicing, reason = "in range by construction")]
        &mut self.children[at].1
    }
}

/// Decodes one JSON object into columns and texts.
pub struct ObjectSeed<'x, 'de> {
    node: &'x Node,
    columns: &'x mut [ColumnBuilder],
    texts: &'x mut [Option<&'de str>],
}

impl<'de> DeserializeSeed<'de> for ObjectSeed<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.node.captures.as_slice() {
            [] => deserializer.deserialize_any(self),
            [Capture::Column(index)] if self.node.children.is_empty() => {
                match self.columns.get_mut(*index) {
                    Some(column) => column.deserialize(deserializer),
                    None => IgnoredAny::deserialize(deserializer).map(|_| ()),
                }
            }
            captures => {
                let raw = <&'de RawValue>::deserialize(deserializer)?.get();
                for capture in captures {
                    match capture {
                        Capture::Text(index) => {
                            if let Some(text) = self.texts.get_mut(*index) {
                                *text = Some(raw);
                            }
                        }
                        Capture::Column(index) => {
                            if let Some(column) = self.columns.get_mut(*index) {
                                column.append_json(raw).map_err(D::Error::custom)?;
                            }
                        }
                        Capture::Path(index, path) => {
                            if let Some(column) = self.columns.get_mut(*index) {
                                append_path(column, raw, path).map_err(D::Error::custom)?;
                            }
                        }
                    }
                }
                if self.node.children.is_empty() {
                    return Ok(());
                }
                serde_json::Deserializer::from_str(raw)
                    .deserialize_any(self)
                    .map_err(D::Error::custom)
            }
        }
    }
}

impl<'de> Visitor<'de> for ObjectSeed<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        // Equal keys are not JSON's to forbid; the first counts, or a column would get two values.
        let mut seen = 0_u64;
        while let Some(found) = map.next_key_seed(KeyAmong(&self.node.children))? {
            let child = found.and_then(|at| Some((at, self.node.children.get(at)?)));
            match child {
                Some((at, (_, node))) if at >= 64 || seen & (1 << at) == 0 => {
                    if at < 64 {
                        seen |= 1 << at;
                    }
                    map.next_value_seed(ObjectSeed {
                        node,
                        columns: self.columns,
                        texts: self.texts,
                    })?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }

    // A path that leads through anything but an object selects nothing.
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::BatchBuilder;
    use crate::schema::{Type, projected, request_path};
    use crate::types::Payload;
    use serde_json::{Value, json};

    fn extract(wanted: &[(&str, Type)], document: &str) -> Result<Value, serde_json::Error> {
        let columns: Vec<_> = wanted
            .iter()
            .map(|(path, of)| request_path(path, vec![], of.clone()))
            .collect();
        let mut batch = BatchBuilder::new(&columns).unwrap();
        let mut extractor = Extractor::default();
        for (index, (path, _)) in wanted.iter().enumerate() {
            let keys: Vec<&str> = path.split('.').filter(|k| !k.is_empty()).collect();
            extractor.column(index, &keys, &[]);
        }
        let mut texts = extractor.texts();
        let mut json = serde_json::Deserializer::from_str(document);
        extractor
            .object(batch.columns_mut(), &mut texts)
            .deserialize(&mut json)?;
        batch.end_row().unwrap();
        let Some(Payload::Columns(out)) = batch.finish() else {
            panic!("expected a batch")
        };
        Ok(crate::testing::rows(&projected(&columns).fields, &out).unwrap()[0].take())
    }

    #[test]
    fn overlapping_paths_all_get_their_value() {
        let row = extract(
            &[
                ("spec", Type::Json),
                ("spec.a", Type::Utf8),
                ("spec.a.b", Type::Int64),
                ("spec.c", Type::Bool),
                ("none.at.all", Type::Utf8),
            ],
            r#"{"x":[{"y":1}],"spec":{"a":{"b":7},"c":true}}"#,
        );
        assert_eq!(
            row.unwrap(),
            json!({"spec": {"a": {"b": 7}, "c": true}, "spec.a": "{\"b\":7}", "spec.a.b": 7, "spec.c": true,
                   "none.at.all": null})
        );
    }

    #[test]
    fn paths_through_other_shapes_are_null() {
        for document in [
            "5",
            "null",
            "[1]",
            "\"x\"",
            "true",
            "1.5",
            "-3",
            r#"{"a":[{"b":1}]}"#,
        ] {
            assert_eq!(
                extract(&[("a.b", Type::Int64)], document).unwrap(),
                json!({"a.b": null})
            );
        }
    }

    #[test]
    fn the_first_of_equal_keys_counts() {
        let row = extract(&[("a", Type::Int64)], r#"{"a":1,"a":2}"#);
        assert_eq!(row.unwrap(), json!({"a": 1}));
    }

    #[test]
    fn broken_json_is_an_error() {
        for document in ["", "{", r#"{"a":"#, r#"{"a":{"b":1}"#, "{\"a\":\u{1}}"] {
            assert!(
                extract(&[("a.b", Type::Int64)], document).is_err(),
                "{document}"
            );
        }
    }

    #[test]
    fn a_text_is_shared() {
        let mut extractor = Extractor::default();
        assert_eq!(extractor.text(&["a", "b"]), 0);
        assert_eq!(extractor.text(&["a", "c"]), 1);
        assert_eq!(extractor.text(&["a", "b"]), 0);
        let mut texts = extractor.texts();
        let mut json = serde_json::Deserializer::from_str(r#"{"a":{"b":[1, 2]}}"#);
        extractor
            .object(&mut [], &mut texts)
            .deserialize(&mut json)
            .unwrap();
        assert_eq!(texts, [Some("[1, 2]"), None]);
        assert_eq!(extractor.roots().collect::<Vec<_>>(), ["a"]);
    }
}
