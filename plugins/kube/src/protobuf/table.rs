//! Owns the descriptions of the API's messages, `tables/*.txt`, one file a version of a group; refuses bytes.
//!
//! A table has a message a line: its name, then its fields as `number:name:type`, in the order of Go's struct, which is JSON's. The
//! name is JSON's too; none: the fields of the message in it are fields of the object itself. `*` before the type is a list, `%` a map from texts. What stands behind
//! the type says when JSON has the field, as Go's tags do (a server writes even empty texts into protobuf):
//!
//! | mark | in Go | in JSON |
//! |---|---|---|
//! | | a value, `omitempty` (`omitzero`) | unless it is zero, false or empty |
//! | `?` | a pointer, `omitempty` | where it is in protobuf |
//! | `!` | a value | always: a zero value where protobuf has none, `null` for a list or map |
//! | `?!` | a pointer | always: `null` where protobuf has none |
//!
//! `=text` is a text that JSON has and protobuf never, under the number 0.
//!
//! `scripts/kube-protobuf.py` makes them from Kubernetes' Go sources.

use std::cell::OnceCell;

/// A version of the API's groups each, with its messages.
const TABLES: &[(&str, &str)] = &[
    (
        "admissionregistration.v1",
        include_str!("tables/admissionregistration.v1.txt"),
    ),
    ("apps.v1", include_str!("tables/apps.v1.txt")),
    ("autoscaling.v1", include_str!("tables/autoscaling.v1.txt")),
    ("autoscaling.v2", include_str!("tables/autoscaling.v2.txt")),
    ("batch.v1", include_str!("tables/batch.v1.txt")),
    (
        "certificates.v1",
        include_str!("tables/certificates.v1.txt"),
    ),
    (
        "coordination.v1",
        include_str!("tables/coordination.v1.txt"),
    ),
    ("core.v1", include_str!("tables/core.v1.txt")),
    ("discovery.v1", include_str!("tables/discovery.v1.txt")),
    ("events.v1", include_str!("tables/events.v1.txt")),
    ("flowcontrol.v1", include_str!("tables/flowcontrol.v1.txt")),
    ("meta.v1", include_str!("tables/meta.v1.txt")),
    ("networking.v1", include_str!("tables/networking.v1.txt")),
    ("node.v1", include_str!("tables/node.v1.txt")),
    ("policy.v1", include_str!("tables/policy.v1.txt")),
    ("rbac.v1", include_str!("tables/rbac.v1.txt")),
    ("resource.v1", include_str!("tables/resource.v1.txt")),
    ("scheduling.v1", include_str!("tables/scheduling.v1.txt")),
    ("storage.v1", include_str!("tables/storage.v1.txt")),
];

/// The suffix of groups that belong to Kubernetes, but for the oldest: `rbac.authorization.k8s.io`, `storage.k8s.io`.
const OWN_GROUPS: &str = ".k8s.io";

/// The table of a group's version; the oldest group is called `core`.
fn table_of(group: &str, version: &str) -> Option<&'static str> {
    let group = match group.strip_suffix(OWN_GROUPS) {
        // Only the first label is in the name of Kubernetes' package.
        Some(own) => own.split('.').next()?,
        None if group.contains('.') => return None,
        None => group,
    };
    let found = TABLES
        .iter()
        .find(|(name, _)| name.split_once('.') == Some((group, version)));
    found.map(|(name, _)| *name)
}

/// What the tables know of a member of a message.
#[derive(Debug)]
pub(crate) enum Covered<'m> {
    /// Nothing.
    Unknown,
    /// All of it, whatever the server.
    Whole,
    /// The members that its message had when the tables were made.
    Message(&'m Message),
    /// The same of each item of a list or value of a map.
    Messages,
}

/// What a message is in JSON.
#[derive(Debug)]
pub(crate) struct Message {
    /// In JSON's order.
    pub(crate) fields: Vec<Field>,
    /// Places in `fields` by their numbers, which are small: the API's greatest is below 100.
    places: Vec<Option<u8>>,
}

/// A field of a message.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) number: u32,
    /// Its name in JSON; empty: its fields are the object's own.
    pub(crate) name: &'static str,
    /// `,"name":`, to be written at once.
    pub(crate) key: String,
    pub(crate) form: Form,
    pub(crate) of: Of,
    /// JSON has it even when it is zero, since Go has a pointer to it.
    pub(crate) pointer: bool,
    /// JSON has it even when protobuf has not.
    pub(crate) always: bool,
}

/// How many values a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    One,
    List,
    /// Keys are texts.
    Map,
}

/// What a value is in JSON.
#[derive(Debug, Clone)]
pub(crate) enum Of {
    String,
    Bool,
    Int,
    /// In base64.
    Bytes,
    /// meta/v1 Time, to the second.
    Time,
    /// meta/v1 MicroTime.
    MicroTime,
    /// The text of a resource.Quantity.
    Quantity,
    /// A number or a text.
    IntOrString,
    /// JSON that protobuf carries as it is: FieldsV1, RawExtension.
    Raw,
    /// A list of texts that is a message, since protobuf has no map of lists.
    Strings,
    Message(Later),
    /// A text that is the same in each object.
    Constant(&'static str),
}

/// A message that is looked up when it is needed: most never are.
#[derive(Debug)]
pub(crate) struct Later {
    version: &'static str,
    name: &'static str,
    found: OnceCell<Option<Box<Message>>>,
}

impl Clone for Later {
    fn clone(&self) -> Self {
        Self {
            version: self.version,
            name: self.name,
            found: OnceCell::new(),
        }
    }
}

impl Later {
    /// The message; none when the tables lack it, which a test excludes.
    pub(crate) fn get(&self) -> Option<&Message> {
        self.found
            .get_or_init(|| self.find().map(Box::new))
            .as_deref()
    }

    /// The message for oneself.
    pub(crate) fn find(&self) -> Option<Message> {
        Message::find(self.version, self.name)
    }
}

impl Message {
    /// The message of a kind; none when it has no protobuf, as custom resources, or no table here.
    pub(crate) fn of_kind(api_version: &str, kind: &str) -> Option<Self> {
        let (group, version) = api_version
            .rsplit_once('/')
            .unwrap_or(("core", api_version));
        Self::find(table_of(group, version)?, kind)
    }

    /// The message of the list at an address, `["apis", "apps", "v1"]`, by one of the names of a single object, `deployment`.
    pub(crate) fn of_singular(api: &[impl AsRef<str>], names: &[&str]) -> Option<Self> {
        let api: Vec<&str> = api.iter().map(AsRef::as_ref).collect();
        let table = match api.as_slice() {
            ["api", version] => table_of("core", version),
            ["apis", group, version] => table_of(group, version),
            _ => None,
        }?;
        let (_, text) = TABLES.iter().find(|(name, _)| *name == table)?;
        let mut kinds = text.lines().filter_map(|line| line.split(' ').next());
        let kind = kinds.find(|kind| names.contains(&kind.to_ascii_lowercase().as_str()))?;
        Self::find(table, kind)
    }

    /// What the tables know of a member, those of messages without a name in JSON included.
    pub(crate) fn covered(&self, name: &str) -> Covered<'_> {
        for field in &self.fields {
            match (&field.of, field.form) {
                (Of::Message(later), _) if field.name.is_empty() => {
                    match later.get().map(|inner| inner.covered(name)) {
                        None | Some(Covered::Unknown) => {}
                        Some(covered) => return covered,
                    }
                }
                _ if field.name != name => {}
                (Of::Message(later), Form::One) => {
                    return later.get().map_or(Covered::Unknown, Covered::Message);
                }
                (Of::Message(_), _) => return Covered::Messages,
                _ => return Covered::Whole,
            }
        }
        Covered::Unknown
    }

    fn find(version: &str, name: &str) -> Option<Self> {
        let (version, text) = TABLES.iter().find(|(of, _)| *of == version)?;
        let line = text.lines().find_map(|line| match line.split_once(' ') {
            Some((of, fields)) => (of == name).then_some(fields),
            None => (line == name).then_some(""),
        })?;
        let fields: Vec<_> = line
            .split_whitespace()
            .map(|text| Field::parse(version, text))
            .collect::<Option<_>>()?;
        let mut places = Vec::new();
        for (place, field) in (0..).zip(&fields) {
            let number = usize::try_from(field.number).ok()?;
            if number == 0 {
                continue;
            }
            places.resize(places.len().max(number + 1), None);
            *places.get_mut(number)? = Some(place);
        }
        Some(Self { fields, places })
    }

    /// The field of a number, with its place in JSON's order.
    pub(crate) fn field(&self, number: u32) -> Option<(usize, &Field)> {
        let place = (*self.places.get(usize::try_from(number).ok()?)?)?.into();
        Some((place, self.fields.get(place)?))
    }
}

impl Field {
    /// The field of a map's values.
    pub(crate) fn value(&self) -> Self {
        Self {
            number: 2,
            name: self.name,
            key: String::new(),
            form: Form::One,
            of: self.of.clone(),
            // A map keeps zero values.
            pointer: true,
            always: false,
        }
    }

    fn parse(version: &'static str, text: &'static str) -> Option<Self> {
        let mut parts = text.splitn(3, ':');
        let (number, name, of) = (parts.next()?, parts.next()?, parts.next()?);
        let (of, always) = strip(of, |of| of.strip_suffix('!'));
        let (of, pointer) = strip(of, |of| of.strip_suffix('?'));
        let (of, list) = strip(of, |of| of.strip_prefix('*'));
        let (of, map) = strip(of, |of| of.strip_prefix('%'));
        Some(Self {
            number: number.parse().ok()?,
            name,
            key: format!(",\"{name}\":"),
            form: match (list, map) {
                (true, _) => Form::List,
                (_, true) => Form::Map,
                _ => Form::One,
            },
            of: match of {
                "string" => Of::String,
                "bool" => Of::Bool,
                "int" => Of::Int,
                "bytes" => Of::Bytes,
                "time" => Of::Time,
                "micro" => Of::MicroTime,
                "quantity" => Of::Quantity,
                "int_or_string" => Of::IntOrString,
                "raw" => Of::Raw,
                "strings" => Of::Strings,
                constant if constant.starts_with('=') => {
                    Of::Constant(constant.strip_prefix('=').unwrap_or_default())
                }
                message => {
                    let (version, name) = message.rsplit_once('.').unwrap_or((version, message));
                    Of::Message(Later {
                        version,
                        name,
                        found: OnceCell::new(),
                    })
                }
            },
            pointer,
            always,
        })
    }
}

fn strip<'t>(text: &'t str, mark: impl Fn(&'t str) -> Option<&'t str>) -> (&'t str, bool) {
    mark(text).map_or((text, false), |rest| (rest, true))
}

#[cfg(test)]
mod tests;
