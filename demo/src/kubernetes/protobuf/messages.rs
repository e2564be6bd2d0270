//! Owns the descriptions of the API's messages, `messages.txt`, which `tests/messages.rs` makes from the crate k8s-pb: a message a
//! line, its fields as `number:name:type`. Refuses bytes.

use std::collections::HashMap;
use std::sync::LazyLock;

static TEXT: &str = include_str!("messages.txt");

/// Every message by its whole name, `api.core.v1.Pod`.
static ALL: LazyLock<HashMap<&'static str, Message>> = LazyLock::new(|| {
    let lines = TEXT
        .lines()
        .map(|line| line.split_once(' ').unwrap_or((line, "")));
    lines
        .map(|(name, fields)| (name, Message::read(name, fields)))
        .collect()
});

/// A message.
#[derive(Debug)]
pub(super) struct Message {
    /// Its whole name.
    pub(super) name: &'static str,
    fields: Vec<Field>,
}

/// A field of a message.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) number: u32,
    /// As protobuf's compiler for Rust spells it, without underscores: `podip`.
    name: String,
    pub(super) form: Form,
    pub(super) of: Of,
}

/// How many values a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    One,
    List,
    /// Keys are texts.
    Map,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    String,
    Bytes,
    Int,
    Bool,
    /// A message, by its whole name.
    Message(&'static str),
}

impl Message {
    /// The message of a whole name.
    pub(super) fn find(name: &str) -> Option<&'static Message> {
        ALL.get(name)
    }

    /// The message of a kind: `api.apps.v1.Deployment`. Groups go by their first label.
    pub(super) fn of_kind(group: &str, version: &str, kind: &str) -> Option<&'static Message> {
        let group = match group {
            "" => "core",
            group => group.split('.').next().unwrap_or(group),
        };
        Message::find(&format!("api.{group}.{version}.{kind}"))
    }

    fn read(name: &'static str, fields: &'static str) -> Message {
        Message {
            name,
            fields: fields.split(' ').filter_map(Field::read).collect(),
        }
    }

    /// The field of a key of JSON.
    pub(super) fn field(&self, key: &str) -> Option<&Field> {
        let name = key.to_ascii_lowercase();
        self.fields.iter().find(|field| field.name == name)
    }

    /// The field of a key that JSON has in this object and protobuf in a message within: Go's embedded structs, such as the
    /// handler of a probe.
    pub(super) fn embedded(&self, key: &str) -> Option<(&Field, &'static Message)> {
        self.fields
            .iter()
            .find_map(|field| match (field.form, field.of) {
                (Form::One, Of::Message(name)) => {
                    let inner = Message::find(name)?;
                    let has = inner.field(key).is_some() || inner.embedded(key).is_some();
                    has.then_some((field, inner))
                }
                _ => None,
            })
    }
}

impl Field {
    fn read(text: &'static str) -> Option<Field> {
        let mut parts = text.splitn(3, ':');
        let (number, name, of) = (parts.next()?, parts.next()?, parts.next()?);
        let (form, of) = match of.split_at_checked(1)? {
            ("*", of) => (Form::List, of),
            ("%", of) => (Form::Map, of),
            _ => (Form::One, of),
        };
        Some(Field {
            number: number.parse().ok()?,
            name: name.replace('_', ""),
            form,
            of: match of {
                "string" => Of::String,
                "bytes" => Of::Bytes,
                "int" => Of::Int,
                "bool" => Of::Bool,
                message => Of::Message(message),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read() {
        assert_eq!(ALL.len(), TEXT.lines().count());
        for line in TEXT.lines() {
            let mut words = line.split(' ');
            let message = Message::find(words.next().unwrap()).unwrap();
            assert_eq!(message.fields.len(), words.count(), "{line}");
            for field in &message.fields {
                if let Of::Message(name) = field.of {
                    assert!(Message::find(name).is_some(), "{line}");
                }
            }
        }
    }

    #[test]
    fn keys_are_found_as_json_spells_them() {
        let spec = Message::of_kind("", "v1", "PodSpec").unwrap();
        for (key, number) in [("nodeName", 10), ("setHostnameAsFQDN", 35), ("hostPID", 12)] {
            assert_eq!(spec.field(key).unwrap().number, number, "{key}");
        }
        assert!(spec.field("podIP").is_none());
        let probe = Message::find("api.core.v1.Probe").unwrap();
        let (field, inner) = probe.embedded("httpGet").unwrap();
        assert_eq!((field.number, inner.name), (1, "api.core.v1.ProbeHandler"));
        assert!(probe.embedded("nothing").is_none());
        assert!(Message::of_kind("rbac.authorization.k8s.io", "v1", "ClusterRole").is_some());
        assert!(Message::of_kind("argoproj.io", "v1alpha1", "Application").is_none());
    }
}
