//! Owns what a kind's table is made of and the list of kinds; refuses to read objects.
//!
//! To add a kind, copy `namespaces.rs`, name it in [`all`] and in `tests/shapes.rs`, which writes its shapes.

mod certificatesigningrequests;
mod clusterrolebindings;
mod clusterroles;
mod common;
mod configmaps;
mod cronjobs;
mod customresourcedefinitions;
mod daemonsets;
mod deployments;
mod endpoints;
mod endpointslices;
mod events;
mod horizontalpodautoscalers;
mod ingressclasses;
mod ingresses;
mod jobs;
mod leases;
mod limitranges;
mod namespaces;
mod networkpolicies;
mod node_metrics;
mod nodes;
mod persistentvolumeclaims;
mod persistentvolumes;
mod pod_metrics;
mod poddisruptionbudgets;
mod pods;
mod priorityclasses;
mod replicasets;
mod resourcequotas;
mod rolebindings;
mod roles;
mod secrets;
mod serviceaccounts;
mod services;
mod statefulsets;
mod storageclasses;
mod volumeattachments;

pub(crate) use common::columns as common_columns;

use trawl_sdk::schema::{self, ColumnSpec, Type};

use crate::resource::{Resource, Text};

/// One kind of object, as a table.
#[derive(Debug)]
pub(crate) struct Kind {
    /// The table's name: kubectl's plural, where that is not taken.
    pub(crate) name: &'static str,
    /// The API's plural, where the table has another name.
    pub(crate) resource: Option<&'static str>,
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
    /// Whether the API knows field selectors for it at all.
    pub(crate) selects_fields: bool,
    /// Whether a cluster may lack it: an add-on, or a version of the API that is younger than Kubernetes 1.20.
    pub(crate) optional: bool,
}

/// What most kinds are; each names the rest.
const BASE: Kind = Kind {
    name: "",
    resource: None,
    aliases: &[],
    description: "",
    api: &["api", "v1"],
    namespaced: true,
    own: Vec::new,
    fields: &[],
    selects_fields: true,
    optional: false,
};

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
    /// The field at the only input, with a value where the API leaves it out.
    Filled(Derived),
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
    Bool(bool),
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
    /// A truth value; absent is "false" to the API.
    Bool,
    /// A count; absent is "0" to the API.
    Count,
}

/// A selectable truth value.
pub(crate) const fn truth(
    path: &'static [&'static str],
    selector: &'static str,
) -> SelectableField {
    SelectableField {
        path,
        selector,
        of: FieldType::Bool,
    }
}

/// A selectable count.
pub(crate) const fn counted(
    path: &'static [&'static str],
    selector: &'static str,
) -> SelectableField {
    SelectableField {
        path,
        selector,
        of: FieldType::Count,
    }
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

/// A field that the API leaves out when it is `false` or zero. Null would make `ready_replicas < replicas` miss the worst case.
pub(crate) fn filled(
    name: &'static str,
    of: Type,
    field: &'static [&'static [&'static str]],
    compute: fn(&[Option<&str>]) -> Value,
    description: &'static str,
) -> Column {
    let from = Derived {
        inputs: field,
        compute,
    };
    Column::new(name, of, Origin::Filled(from)).described(description)
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
    /// All columns, the common ones first. A column of its own takes the place of a common one of that name.
    pub(crate) fn columns(&self) -> Vec<Column> {
        let own = (self.own)();
        let mut columns = common_columns(self.namespaced);
        columns.retain(|common| own.iter().all(|column| column.name != common.name));
        columns.extend(own);
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

static ALL: &[Kind] = &[
    certificatesigningrequests::KIND,
    clusterrolebindings::KIND,
    clusterroles::KIND,
    configmaps::KIND,
    cronjobs::KIND,
    customresourcedefinitions::KIND,
    daemonsets::KIND,
    deployments::KIND,
    endpoints::KIND,
    endpointslices::KIND,
    events::KIND,
    horizontalpodautoscalers::KIND,
    ingressclasses::KIND,
    ingresses::KIND,
    jobs::KIND,
    leases::KIND,
    limitranges::KIND,
    namespaces::KIND,
    networkpolicies::KIND,
    node_metrics::KIND,
    nodes::KIND,
    persistentvolumeclaims::KIND,
    persistentvolumes::KIND,
    pod_metrics::KIND,
    poddisruptionbudgets::KIND,
    pods::KIND,
    priorityclasses::KIND,
    replicasets::KIND,
    resourcequotas::KIND,
    rolebindings::KIND,
    roles::KIND,
    secrets::KIND,
    serviceaccounts::KIND,
    services::KIND,
    statefulsets::KIND,
    storageclasses::KIND,
    volumeattachments::KIND,
];

/// Every kind, by name.
pub(crate) fn all() -> &'static [Kind] {
    ALL
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
        let unique: HashSet<_> = all.iter().collect();
        assert_eq!(unique.len(), all.len());
        for path in all {
            let segments: Vec<&str> = path.split('/').skip(1).collect();
            let version = |text: &str| text.starts_with('v');
            let rest = match segments.as_slice() {
                ["api", at, rest @ ..] | ["apis", _, at, rest @ ..] if version(at) => rest,
                other => panic!("no group and version: {other:?}"),
            };
            let plural = |text: &str| text.bytes().all(|b| b.is_ascii_lowercase());
            assert!(
                matches!(rest, [name] | ["namespaces", "{namespace}", name] if plural(name)),
                "{path}"
            );
        }
    }
}
