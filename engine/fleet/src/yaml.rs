//! YAML as a tree in which every key and value knows its line. It accepts one document and refuses
//! what only a serialiser would write: keys that are not text, and repeated keys.
//!
//! A tree, and not derived structs, because an unknown key has to be reported with its own position
//! and its nearest neighbour, several problems at once.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use crate::error::{Position, Problem};

/// What aliases may multiply a file to: the largest inventory of 2,000 clusters has about as much.
const MAX_REPLAYED_EVENTS: usize = 100_000;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) at: Position,
    pub(crate) value: Value,
    /// The scalar as it was written: an account `012345` is a number to YAML and a name to us.
    pub(crate) written: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) at: Position,
    pub(crate) name: String,
}

impl Node {
    /// What it is, for messages that must not quote it.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }

    pub(crate) fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => serde_json::Value::Bool(*value),
            Value::Number(value) => serde_json::Value::Number(value.clone()),
            Value::Text(value) => serde_json::Value::String(value.clone()),
            Value::List(items) => items.iter().map(Node::to_json).collect(),
            Value::Map(entries) => entries
                .iter()
                .map(|(key, node)| (key.name.clone(), node.to_json()))
                .collect(),
        }
    }
}

/// The tree of a JSON value, which has no places.
pub(crate) fn of_json(json: &serde_json::Value) -> Node {
    use serde_json::Value as Json;
    let at = Position::default();
    let written = match json {
        Json::Bool(_) | Json::Number(_) => Some(json.to_string()),
        _ => None,
    };
    let value = match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(value) => Value::Number(value.clone()),
        Json::String(value) => Value::Text(value.clone()),
        Json::Array(items) => Value::List(items.iter().map(of_json).collect()),
        Json::Object(entries) => {
            let entries = entries.iter().map(|(name, value)| {
                let name = name.clone();
                (Key { at, name }, of_json(value))
            });
            Value::Map(entries.collect())
        }
    };
    Node { at, value, written }
}

/// Reads one document.
///
/// # Errors
/// The text is not YAML, holds several documents, or has a key that is not text.
pub(crate) fn parse(text: &str) -> Result<Node, Problem> {
    let options = serde_saphyr::options! {
        with_snippet: false,
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MAX_REPLAYED_EVENTS },
    };
    let tree: Spanned<Raw> =
        serde_saphyr::from_str_with_options(text, options).map_err(|error| problem_of(&error))?;
    node(tree, text)
}

fn problem_of(error: &serde_saphyr::Error) -> Problem {
    let text = error.without_snippet().to_string();
    // The position is ours to print, and the library's advice is about its own options.
    let text = text.split(" at line ").next().unwrap_or(&text);
    let text = text
        .split(", set DuplicateKeyPolicy")
        .next()
        .unwrap_or(text);
    let text = text.split("; use from_str_multiple").next().unwrap_or(text);
    Problem {
        at: error
            .location()
            .map_or(Position { line: 1, column: 1 }, |at| position(&at)),
        message: format!("not valid YAML here: {text}"),
        hint: None,
    }
}

fn position(location: &Location) -> Position {
    Position {
        line: location.line(),
        column: location.column(),
    }
}

/// The same tree, as serde hands it over.
enum Raw {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

fn node(tree: Spanned<Raw>, text: &str) -> Result<Node, Problem> {
    let at = position(&tree.defined);
    let written = written(&tree.defined, text);
    let value = match tree.value {
        Raw::Null => Value::Null,
        Raw::Bool(value) => Value::Bool(value),
        Raw::Number(value) => Value::Number(value),
        Raw::Text(value) => Value::Text(value),
        Raw::List(items) => {
            let items: Result<Vec<Node>, Problem> =
                items.into_iter().map(|item| node(item, text)).collect();
            Value::List(items?)
        }
        Raw::Map(entries) => {
            let mut map = Vec::with_capacity(entries.len());
            for (key, value) in entries {
                map.push((key_of(node(key, text)?)?, node(value, text)?));
            }
            Value::Map(map)
        }
    };
    let scalar = !matches!(value, Value::List(_) | Value::Map(_));
    Ok(Node {
        at,
        value,
        written: written.filter(|_| scalar),
    })
}

fn key_of(node: Node) -> Result<Key, Problem> {
    let name = match (&node.value, node.written.as_deref()) {
        (Value::Text(name), _) => name.clone(),
        // `1: x` and `on: x` are keys like any other to the person who wrote them.
        (Value::Bool(_) | Value::Number(_), Some(written)) => written.to_owned(),
        _ => {
            return Err(Problem {
                at: node.at,
                message: format!("expected the name of a key, found {}", node.kind()),
                hint: None,
            });
        }
    };
    Ok(Key { at: node.at, name })
}

fn written(location: &Location, text: &str) -> Option<String> {
    let span = location.span();
    let start = usize::try_from(span.byte_offset()?).ok()?;
    let length = usize::try_from(span.byte_len()?).ok()?;
    let end = start.checked_add(length)?;
    text.get(start..end).map(str::to_owned)
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any YAML value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Raw, E> {
        serde_json::Number::from_f64(value)
            .map(Raw::Number)
            .ok_or_else(|| E::custom("expected a finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = access.next_key()? {
            entries.push((key, access.next_value()?));
        }
        Ok(Raw::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_knows_its_place() {
        let tree = parse("a: 1\nb:\n  - c: 012\n").expect("valid");
        let Value::Map(entries) = tree.value else {
            panic!("a mapping")
        };
        let places: Vec<_> = entries
            .iter()
            .map(|(key, _)| (key.at.line, key.at.column))
            .collect();
        assert_eq!(places, [(1, 1), (2, 1)]);
        let Value::List(items) = &entries[1].1.value else {
            panic!("a list")
        };
        let Value::Map(inner) = &items[0].value else {
            panic!("a mapping")
        };
        assert_eq!((inner[0].0.at.line, inner[0].0.at.column), (3, 5));
        assert_eq!(inner[0].1.written.as_deref(), Some("012"));
    }

    #[test]
    fn broken_yaml_is_a_problem_with_a_place_and_without_library_talk() {
        for (text, line, has) in [
            ("a: 1\na: 2\n", 2, "duplicate mapping key: a"),
            ("a: [1\nb: 2", 2, "not valid YAML"),
            ("a:\n\t- b", 2, "tabs"),
            ("a: b\n---\nc: d\n", 3, "multiple YAML documents"),
            (
                "? [a]\n: b\n",
                1,
                "expected the name of a key, found a list",
            ),
            ("\u{0}", 1, "not valid YAML"),
            ("a: *nowhere\n", 1, "not valid YAML"),
        ] {
            let problem = parse(text).expect_err(text);
            assert_eq!(problem.at.line, line, "{text:?}: {problem}");
            assert!(problem.message.contains(has), "{text:?}: {problem}");
            assert!(!problem.message.contains("Options"), "{problem}");
        }
    }

    #[test]
    fn a_bomb_of_aliases_is_refused() {
        let mut text = String::from("a: &a [x, x, x, x, x, x, x, x, x]\n");
        for (name, before) in ('b'..='j').zip('a'..='i') {
            let uses = vec![format!("*{before}"); 9].join(", ");
            text.push_str(&format!("{name}: &{name} [{uses}]\n"));
        }
        assert!(parse(&text).is_err());
    }
}
