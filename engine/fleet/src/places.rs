//! Where the keys of a connection stand in its file, so that what a plugin's schema says of them can be told with line and column.

use std::collections::BTreeMap;

use crate::error::Position;
use crate::yaml::{Key, Node, Value};

/// Places of the guest's keys of a connection, by JSON pointers into its configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    entry: Position,
    /// Of keys; of the items of lists, their own.
    keys: BTreeMap<String, Position>,
}

impl Places {
    /// An entry without keys of its own yet.
    pub(crate) fn at(entry: Position) -> Places {
        Places {
            entry,
            keys: BTreeMap::new(),
        }
    }

    /// Adds a key of the entry and what is below it.
    pub(crate) fn add(&mut self, key: &Key, node: &Node) {
        self.walk(&escaped("", &key.name), key.at, node);
    }

    fn walk(&mut self, pointer: &str, at: Position, node: &Node) {
        self.keys.insert(pointer.to_owned(), at);
        match &node.value {
            Value::Map(entries) => {
                for (key, inner) in entries {
                    self.walk(&escaped(pointer, &key.name), key.at, inner);
                }
            }
            Value::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.walk(&format!("{pointer}/{index}"), item.at, item);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
        }
    }

    /// The place of what a JSON pointer names, or of the nearest thing around it that has one.
    pub fn of(&self, pointer: &str) -> Position {
        let mut pointer = pointer;
        loop {
            if let Some(at) = self.keys.get(pointer) {
                return *at;
            }
            match pointer.rsplit_once('/') {
                Some((around, _)) => pointer = around,
                None => return self.entry,
            }
        }
    }
}

/// A pointer to a key below another one.
fn escaped(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}
