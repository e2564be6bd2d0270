//! Owns what a kind's table is made of and the list of kinds; refuses to read objects.
//!
//! To add a kind, copy `namespaces.rs`, name it in [`all`] and in `tests/shapes.rs`, which writes its shapes.

mod common;
mod deployments;
mod events;
mod namespaces;
mod nodes;
mod pods;

pub(crate) use common::columns as common_columns;

use trawl_sdk::schema::{self, ColumnSpec, Type};

use crate::resource::{Resource, Text};

/// One kind of object, as a table.
#[derive(Debug)]
pub(crate) struct Kind {
    /// kubectl's plural, the table's name.
    pub(crate) name: &'static str,
    /// kubectl's singular and short names.
    pub(crate) aliases: &'static [&'static str],
    pub(crate) description: &'static str,
    /// Segments of the API group and version.
    pub(crate) api: &'static [&'static str],
    pub(crate) namespaced: bool,
    /// The columns after the common ones.
    pub(crate) own: fn() -> Vec<Column>,
    /// What the API can select by, besides metadata.name and metadata.namespace.
    pub(crate) fields: &'static [SelectableField],
}

/// One column of a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: Text,
    pub(crate) of: Type,
    pub(crate) from: Origin,
    pub(crate) description: Text,
    pub(crate) not_null: bool,
    /// Of a JSON column: what is known of its documents.
    pub(crate) shape: Option<Text>,
}

/// Where a column's values come from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Origin {
    /// A path in the object.
    Path(Vec<Text>),
    /// Computed from the JSON texts at these paths.
    Derived(Derived),
}

/// A computed column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Derived {
    pub(crate) inputs: &'static [&'static [&'static str]],
    pub(crate) compute: fn(&[Option<&str>]) -> Value,
}

// Function pointers have no useful equality; two computed columns with the same inputs are the same to the tests.
impl PartialEq for Derived {
    fn eq(&self, other: &Self) -> bool {
        self.inputs == other.inputs
    }
}

/// A computed value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Text(String),
    /// One JSON document.
    Json(String),
    /// Nanoseconds since the epoch.
    TimestampNs(i64),
}

/// A field that the API's `fieldSelector` knows for a kind.
#[derive(Debug)]
pub(crate) struct SelectableField {
    /// Its path in the object.
    pub(crate) path: &'static [&'static str],
    /// Its name in the selector.
    pub(crate) selector: &'static str,
    pub(crate) of: FieldType,
}

/// How the API compares a selectable field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum FieldType {
    /// A text; absent is "" to the API and null to us.
    Text,
    /// A truth value; absent is "false" to the API and null to us.
    Bool,
}

/// A selectable text.
pub(crate) const fn text(path: &'static [&'static str], selector: &'static str) -> SelectableField {
    SelectableField {
        path,
        selector,
        of: FieldType::Text,
    }
}

/// A column at a path.
pub(crate) fn path(
    name: &'static str,
    of: Type,
    path: &'static [&'static str],
    description: &'static str,
) -> Column {
    let path = path.iter().map(|&key| Text::Borrowed(key)).collect();
    Column::new(name, of, Origin::Path(path)).described(description)
}

/// A computed column.
pub(crate) fn derived(
    name: &'static str,
    of: Type,
    inputs: &'static [&'static [&'static str]],
    compute: fn(&[Option<&str>]) -> Value,
    description: &'static str,
) -> Column {
    Column::new(name, of, Origin::Derived(Derived { inputs, compute })).described(description)
}

impl Column {
    /// A column without a description.
    pub(crate) fn new(name: impl Into<Text>, of: Type, from: Origin) -> Self {
        Self {
            name: name.into(),
            of,
            from,
            description: Text::default(),
            not_null: false,
            shape: None,
        }
    }

    /// Says what it is.
    pub(crate) fn described(mut self, description: impl Into<Text>) -> Self {
        self.description = description.into();
        self
    }

    /// Promises a value in every row.
    pub(crate) fn not_null(mut self) -> Self {
        self.not_null = true;
        self
    }

    /// Says what its documents look like. The files in `shapes/` are made from the API's own description by `tests/shapes.rs`.
    pub(crate) fn shaped(mut self, file: &'static str) -> Self {
        self.shape = Some(Text::Borrowed(file.trim_ascii_end()));
        self
    }

    /// The column for the schema.
    pub(crate) fn spec(&self) -> ColumnSpec {
        let mut spec = schema::column(&self.name, self.of.clone(), &self.description);
        if let Some(shape) = &self.shape {
            spec = spec.shape(shape);
        }
        if self.not_null { spec.not_null() } else { spec }
    }
}

impl Kind {
    /// All columns, the common ones first.
    pub(crate) fn columns(&self) -> Vec<Column> {
        let mut columns = common_columns(self.namespaced);
        columns.extend((self.own)());
        columns
    }

    /// The paths that the plugin calls for this kind, for the operator to approve.
    pub(crate) fn operations(&self) -> Vec<String> {
        let resource = Resource::built_in(self);
        let path = |namespace| format!("/{}", resource.segments(namespace).join("/"));
        let mut paths = vec![path(None)];
        if self.namespaced {
            paths.push(path(Some("{namespace}")));
        }
        paths
    }
}

static ALL: [Kind; 5] = [
    deployments::KIND,
    events::KIND,
    namespaces::KIND,
    nodes::KIND,
    pods::KIND,
];

/// Every kind, by name.
pub(crate) fn all() -> &'static [Kind] {
    &ALL
}

/// The kind of that name or alias.
pub(crate) fn find(name: &str) -> Option<&'static Kind> {
    all()
        .iter()
        .find(|kind| kind.name == name || kind.aliases.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique() {
        let mut seen = HashSet::new();
        for kind in all() {
            assert!(
                kind.aliases
                    .iter()
                    .chain([&kind.name])
                    .all(|name| seen.insert(*name))
            );
            let columns = kind.columns();
            let names: HashSet<_> = columns.iter().map(|c| &c.name).collect();
            assert_eq!(names.len(), columns.len(), "{}", kind.name);
            assert!(columns.iter().all(|c| !c.description.is_empty()));
        }
    }

    #[test]
    fn virtual_columns_are_left_to_the_host() {
        for kind in all() {
            for column in kind.columns() {
                let taken = ["cluster", "region", "environment", "account", "tags"];
                assert!(
                    !taken.contains(&column.name.as_ref()),
                    "{}.{}",
                    kind.name,
                    column.name
                );
            }
        }
    }

    #[test]
    fn operations_are_the_lists_only() {
        let all: Vec<_> = all().iter().flat_map(Kind::operations).collect();
        assert_eq!(
            all,
            [
                "/apis/apps/v1/deployments",
                "/apis/apps/v1/namespaces/{namespace}/deployments",
                "/api/v1/events",
                "/api/v1/namespaces/{namespace}/events",
                "/api/v1/namespaces",
                "/api/v1/nodes",
                "/api/v1/pods",
                "/api/v1/namespaces/{namespace}/pods",
            ]
        );
    }
}
