//! Owns what a kind's table is made of and the list of kinds; refuses to read objects.
//!
//! To add a kind, copy `namespaces.rs`, name it in [`all`], and its documents in `tests/shapes/files.rs`, which makes their shapes.

mod certificatesigningrequests;
mod clusterrolebindings;
mod clusterroles;
mod column;
mod common;
mod configmaps;
mod containers;
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

pub(crate) use column::{Column, Derived, Origin, Value};
pub(crate) use common::columns as common_columns;

use column::{derived, filled, path};

use crate::resource::Resource;

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
    /// Of a table with several rows an object: its items, as the text of a list. Its columns are its own alone.
    pub(crate) items: Option<Derived>,
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
    items: None,
    optional: false,
};

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

impl Kind {
    /// All columns, the common ones first. A column of its own takes the place of a common one of that name.
    pub(crate) fn columns(&self) -> Vec<Column> {
        let own = (self.own)();
        if self.items.is_some() {
            return own;
        }
        let mut columns = common_columns(self.namespaced);
        columns.retain(|common| own.iter().all(|column| column.name != common.name));
        columns.extend(own);
        columns
    }

    /// Whether a name is `plural.group` or `plural.version.group` of this kind's list.
    fn is_qualified(&self, name: &str) -> bool {
        let plural = self.resource.unwrap_or(self.name);
        // Of two tables that read one list it means the one with a row for each object.
        if self.items.is_some() {
            return false;
        }
        match self.api {
            ["apis", group, version] => {
                name == format!("{plural}.{group}") || name == format!("{plural}.{version}.{group}")
            }
            // The core group's name is empty.
            [_, version] => name == format!("{plural}.{version}."),
            _ => false,
        }
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
    containers::KIND,
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

/// The kind of a name, in every form that kubectl takes: plural, singular, short, `plural.group`, `plural.version.group`, in any
/// case. One that was missed here would be read as a resource that nobody knows, Secrets with their values.
pub(crate) fn find(name: &str) -> Option<&'static Kind> {
    let name = name.to_lowercase();
    all().iter().find(|kind| {
        kind.name == name || kind.aliases.contains(&name.as_str()) || kind.is_qualified(&name)
    })
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
    fn names_are_taken_as_kubectl_takes_them() {
        for (name, expected) in [
            ("pods", Some("pods")),
            ("PO", Some("pods")),
            ("pods.v1.", Some("pods")),
            ("Secrets", Some("secrets")),
            ("secrets.v1.", Some("secrets")),
            ("deployments.apps", Some("deployments")),
            ("Deployments.v1.apps", Some("deployments")),
            ("deployments.v1beta1.apps", None),
            ("nodes.metrics.k8s.io", Some("node_metrics")),
            ("nodes.v1beta1.metrics.k8s.io", Some("node_metrics")),
            ("events.events.k8s.io", None),
            ("secrets.example.com", None),
            ("", None),
        ] {
            assert_eq!(find(name).map(|kind| kind.name), expected, "{name}");
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
        for path in all().iter().flat_map(Kind::operations) {
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
