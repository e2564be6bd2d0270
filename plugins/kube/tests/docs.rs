//! Owns `docs/kubernetes.md`, the list of tables with kubectl's names and their columns: made with `UPDATE_EXPECT=1`, compared
//! otherwise. Refuses what cannot be read off the plugin.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed helper is a failed test"
)]

mod common;

use std::fmt::Write;
use std::path::Path;

use common::own_columns;
use trawl_plugin_kube::Kube;
use trawl_sdk::testing::{Recorded, type_of};
use trawl_sdk::{Session, Source};

/// What stands above the generated part.
const HEAD: &str = "# Kubernetes
The tables of the `kube` plugin. A table is named as kubectl names the kind, in the plural, the singular or short. This page is made
from the plugin (`UPDATE_EXPECT=1 cargo test -p trawl-plugin-kube --test docs`); change the plugin, not the page.

Whatever else a cluster serves is a table as well: custom resources by `plural.group` (`certificates.cert-manager.io`, in backquotes where a
name has a hyphen), or by plural, singular or short name where that means one thing. Their columns are the top-level fields of the kind,
typed by the cluster's OpenAPI documents; where clusters serve different versions, all fields of all of them, null where one lacks them.
`trawl tables --discover` lists them, `trawl describe TABLE` shows their columns and where clusters differ. A cluster that does not have
the kind is `absent`, which is no failure.

Every table of a kind also has the columns of its objects' metadata: ";

/// The columns of the metadata, which every table has, and those after them.
fn columns(table: &str) -> (Vec<String>, Vec<String>) {
    let metadata = [
        "namespace",
        "name",
        "uid",
        "labels",
        "annotations",
        "created",
        "deleted",
        "generation",
        "resource_version",
        "owner_references",
        "finalizers",
    ];
    let all = own_columns(table).into_iter().map(|column| {
        let of = type_of(&mut column.output.into_iter());
        (column.name, of)
    });
    let (common, own): (Vec<_>, Vec<_>) =
        all.partition(|(name, _)| metadata.contains(&name.as_str()));
    let named = |columns: Vec<(String, _)>| {
        let text = |(name, of)| format!("`{name}` {of}");
        columns.into_iter().map(text).collect()
    };
    (named(common), named(own))
}

/// The page, as the plugin has it.
fn page() -> String {
    let connection = Kube::open("{}", Recorded::in_order([])).unwrap();
    let tables = connection.tables(None, None).unwrap().tables;
    let (metadata, _) = columns("pods");
    let mut page = format!("{HEAD}{}.\n", metadata.join(", "));
    for table in tables {
        let names: Vec<String> = table.aliases.iter().map(|it| format!("`{it}`")).collect();
        let name = table.path.concat();
        let (common, own) = columns(&name);
        let scope = if common.iter().any(|it| it.starts_with("`namespace`")) {
            ""
        } else {
            " Not in a namespace."
        };
        let also = if names.is_empty() {
            String::new()
        } else {
            format!(" Also {}.", names.join(", "))
        };
        let description = table.description.unwrap();
        write!(
            page,
            "\n## {name}\n{description}.{also}{scope}\n\n{}\n",
            own.join(", ")
        )
        .unwrap();
    }
    page
}

#[test]
fn the_page_is_the_plugins() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/kubernetes.md");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, page()).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(kept, page(), "run again with UPDATE_EXPECT=1");
}
