//! Owns what a scan needs to know of a list of the API, whether its kind is built in or was discovered; refuses to read objects.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use trawl_sdk::Error;
use trawl_sdk::schema::Type;

use crate::kinds::{self, Column, Derived, FieldType, Kind, Origin};

/// A key or a text that is the program's own or was read from the API.
pub(crate) type Text = Cow<'static, str>;

/// One list of the API, as a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Resource {
    /// The table's name.
    pub(crate) name: Text,
    /// Segments of the API group and version.
    pub(crate) api: Vec<Text>,
    /// The last segment of the list's address.
    pub(crate) plural: Text,
    pub(crate) description: Text,
    pub(crate) namespaced: bool,
    pub(crate) columns: Vec<Column>,
    /// What the API can select by, besides metadata.name and metadata.namespace.
    pub(crate) fields: Vec<Field>,
    /// Whether the API knows field selectors for it at all.
    pub(crate) selects_fields: bool,
    /// Whether a cluster may lack it.
    pub(crate) optional: bool,
    /// Of a table with several rows an object: its items, as the text of a list.
    pub(crate) items: Option<Derived>,
    /// Where it comes from, for another instance to know it again.
    pub(crate) origin: Known,
}

/// A field that the API's `fieldSelector` knows for a kind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    /// Its path in the object.
    pub(crate) path: Vec<Text>,
    /// Its name in the selector.
    pub(crate) selector: Text,
    pub(crate) of: FieldType,
}

/// What names a resource to another instance: it travels in a partition's token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Known {
    /// A kind of `kinds/`, by its table.
    BuiltIn(String),
    /// A kind that was discovered, all that a scan needs of it included.
    Discovered(Discovered),
    /// A kind that the cluster does not have.
    Absent(String),
}

/// A kind that was discovered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Discovered {
    /// The table's name.
    pub(crate) name: String,
    /// The API group; empty for the core group.
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) plural: String,
    pub(crate) namespaced: bool,
    /// Columns besides those of the metadata, and the key of the object's root that each is.
    pub(crate) roots: Vec<(String, String)>,
    /// Paths that the API can select by: `spec.host`.
    pub(crate) selectable: Vec<String>,
}

impl Resource {
    /// The resource of a built-in kind.
    pub(crate) fn built_in(kind: &Kind) -> Self {
        let text = |text: &&'static str| Text::Borrowed(*text);
        Self {
            name: Text::Borrowed(kind.name),
            api: kind.api.iter().map(text).collect(),
            plural: Text::Borrowed(kind.resource.unwrap_or(kind.name)),
            description: Text::Borrowed(kind.description),
            namespaced: kind.namespaced,
            columns: kind.columns(),
            fields: kind
                .fields
                .iter()
                .map(|field| Field {
                    path: field.path.iter().map(text).collect(),
                    selector: Text::Borrowed(field.selector),
                    of: field.of,
                })
                .collect(),
            selects_fields: kind.selects_fields,
            optional: kind.optional,
            items: kind.items,
            origin: Known::BuiltIn(kind.name.to_owned()),
        }
    }

    /// The resource that a token names.
    ///
    /// # Errors
    /// `protocol` when the token names a kind that this plugin does not have.
    pub(crate) fn of(known: &Known) -> Result<Self, Error> {
        match known {
            Known::BuiltIn(name) => kinds::find(name).map(Self::built_in).ok_or_else(|| {
                Error::protocol(format!(
                    "expected the token of a plan of this plugin, got one of the table `{name}`"
                ))
            }),
            known @ Known::Discovered(discovered) => Ok(discovered.resource(known)),
            Known::Absent(name) => Err(Error::internal(format!(
                "expected a kind that the cluster has, got `{name}`"
            ))),
        }
    }

    /// The resource of a kind that was discovered.
    pub(crate) fn discovered(discovered: Discovered) -> Self {
        let known = Known::Discovered(discovered.clone());
        discovered.resource(&known)
    }

    /// The column of a name.
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The segments of a list.
    pub(crate) fn segments<'a>(&'a self, namespace: Option<&'a str>) -> Vec<&'a str> {
        let mut segments: Vec<&str> = self.api.iter().map(AsRef::as_ref).collect();
        if let Some(namespace) = namespace {
            segments.extend(["namespaces", namespace]);
        }
        segments.push(&self.plural);
        segments
    }

    /// The columns that identify a row: names, which are all that no row lacks.
    pub(crate) fn primary_key(&self) -> Vec<String> {
        let key = self.columns.iter().filter(|column| column.not_null);
        key.map(|column| column.name.to_string()).collect()
    }

    /// What a role must allow to list it: the plural, with its group where the table has another name.
    pub(crate) fn to_grant(&self) -> String {
        match self.api.as_slice() {
            [_, group, _] if self.plural != self.name => format!("{}.{group}", self.plural),
            _ => self.plural.to_string(),
        }
    }
}

impl Discovered {
    fn resource(&self, known: &Known) -> Resource {
        let roots = self.roots.iter().map(|(column, root)| {
            let path = vec![Text::Owned(root.clone())];
            Column::new(column.clone(), Type::Json, Origin::Path(path))
        });
        let api = if self.group.is_empty() {
            vec!["api".to_owned(), self.version.clone()]
        } else {
            vec!["apis".to_owned(), self.group.clone(), self.version.clone()]
        };
        let field = |path: &String| Field {
            path: path
                .split('.')
                .map(|key| Text::Owned(key.to_owned()))
                .collect(),
            selector: Text::Owned(path.clone()),
            of: FieldType::Text,
        };
        Resource {
            name: Text::Owned(self.name.clone()),
            api: api.into_iter().map(Text::Owned).collect(),
            plural: Text::Owned(self.plural.clone()),
            description: Text::default(),
            namespaced: self.namespaced,
            columns: kinds::common_columns(self.namespaced)
                .into_iter()
                .chain(roots)
                .collect(),
            fields: self.selectable.iter().map(field).collect(),
            selects_fields: true,
            optional: true,
            items: None,
            origin: known.clone(),
        }
    }
}
