//! A clusters.yaml: its top level and its clusters. What a connection says is read in
//! [`crate::entry`].

use std::collections::BTreeMap;

use crate::ages::{self, TableAges};
use crate::check::{Check, nearest, printable};
use crate::entry::{Entry, Scope};
use crate::error::Position;
use crate::model::Cluster;
use crate::plugins;
use crate::policy::Policy;
use crate::yaml::{Key, Node};

/// A fleet of more is a typing error of a generator, and every cluster costs a catalog.
pub(crate) const MAX_CLUSTERS: usize = 2_000;
/// As many as Kubernetes allows in the longest of its names; EKS and GKE contexts stay far below.
const MAX_NAME_CHARACTERS: usize = 253;
/// Tags are columns of every row of a cluster.
const MAX_TAGS: usize = 64;

const TOP_KEYS: &[&str] = &["clusters", "connections", "plugins", "default", "cache"];
const CLUSTER_KEYS: &[&str] = &[
    "name",
    "region",
    "environment",
    "account",
    "tags",
    "kube_context",
    "prometheus_url",
    "cloudwatch_group",
];

/// A clusters.yaml as it was written: entries are not merged yet.
#[derive(Debug, Default)]
pub(crate) struct Document {
    pub(crate) clusters: Vec<Cluster>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) default: Option<String>,
    /// What plugins may do, by their installed names, and where that stands.
    pub(crate) policies: BTreeMap<String, Policy>,
    pub(crate) policies_at: Option<Position>,
    /// How old rows may be.
    pub(crate) ages: TableAges,
}

/// Reads the tree and notes every problem in `check`.
pub(crate) fn read(tree: &Node, scope: &Scope<'_>, check: &mut Check) -> Document {
    let mut document = Document::default();
    let mut places: Vec<Position> = Vec::new();
    let mut default = None;
    let mut shared = None;
    let mut allowed = None;
    let entries = check.map(tree, "the file");
    for (key, node) in entries {
        match key.name.as_str() {
            "clusters" => {
                for item in check.list(node, "`clusters`") {
                    if document.clusters.len() >= MAX_CLUSTERS {
                        check.problem(
                            item.at,
                            format!("expected at most {MAX_CLUSTERS} clusters, found more"),
                        );
                        break;
                    }
                    if let Some(cluster) = cluster(item, scope, check, &mut document.entries) {
                        document.clusters.push(cluster);
                        places.push(item.at);
                    }
                }
            }
            "connections" => shared = Some(node),
            "plugins" => allowed = Some((key.at, node)),
            "default" => default = Some(node),
            "cache" => document.ages = ages::read(node, check),
            _ => check.unknown_key(key, "the file", TOP_KEYS, ""),
        }
    }
    if !entries.iter().any(|(key, _)| key.name == "clusters") {
        let hint = "start with `clusters:` and a list of `- name: …`".to_owned();
        check.problem_with_hint(tree.at, "expected the key `clusters`", Some(hint));
    }
    refuse_repeated(&document.clusters, &places, check);
    if let Some(node) = shared {
        let names: Vec<String> = document.clusters.iter().map(|c| c.name.clone()).collect();
        for item in check.list(node, "`connections`") {
            if let Some(mut entry) = crate::entry::shared(item, &names, scope, check) {
                entry.default_region(common_region(&entry.serves, &document.clusters));
                document.entries.push(entry);
            }
        }
    }
    if let Some((at, node)) = allowed {
        document.policies = plugins::read(node, scope.plugins, &document.clusters, check);
        document.policies_at = Some(at);
    }
    document.default = default.and_then(|node| {
        let name = check.text(node, "`default`")?;
        known_cluster(&name, &document.clusters, node.at, "`default`", check).then_some(name)
    });
    serves_known_clusters(&document, check);
    document
}

/// Reads a cluster; its connections go to `entries`.
pub(crate) fn cluster(
    node: &Node,
    scope: &Scope<'_>,
    check: &mut Check,
    entries: &mut Vec<Entry>,
) -> Option<Cluster> {
    let pairs = check.map(node, "a cluster");
    let name = pairs.iter().find(|(key, _)| key.name == "name");
    let Some((_, name)) = name else {
        check.problem(node.at, "a cluster without `name`: expected `name: …`");
        return None;
    };
    let at = name.at;
    let name = check
        .text(name, "`name`")
        .filter(|name| valid_name(name, at, check));
    // The other keys are read all the same, so that their problems are reported in the same run.
    let named = name.clone().unwrap_or_default();
    let mut cluster = Cluster {
        name: named.clone(),
        region: None,
        environment: None,
        account: None,
        tags: BTreeMap::new(),
    };
    let first = entries.len();
    for (key, value) in pairs {
        match key.name.as_str() {
            "name" => {}
            "region" => cluster.region = check.text(value, "`region`"),
            "account" => cluster.account = check.text(value, "`account`"),
            "environment" => {
                cluster.environment = check.text(value, "`environment`").map(|e| environment(&e));
            }
            "tags" => cluster.tags = tags(value, check),
            _ => match crate::entry::of_cluster(&named, key, value, scope, check) {
                Some(Some(entry)) => entries.push(entry),
                Some(None) => {}
                None => unknown(key, scope, check),
            },
        }
    }
    for entry in entries.iter_mut().skip(first) {
        entry.default_region(cluster.region.as_deref());
    }
    name.map(|_| cluster)
}

/// The region that all of these clusters are in; none where they are in several, or one does not say.
fn common_region<'a>(names: &[String], clusters: &'a [Cluster]) -> Option<&'a str> {
    let mut regions = clusters
        .iter()
        .filter(|cluster| names.contains(&cluster.name))
        .map(|cluster| cluster.region.as_deref());
    let first = regions.next()??;
    regions.all(|region| region == Some(first)).then_some(first)
}

fn unknown(key: &Key, scope: &Scope<'_>, check: &mut Check) {
    let mut known = CLUSTER_KEYS.to_vec();
    known.extend(scope.plugins.iter().copied());
    check.unknown_key(
        key,
        "a cluster",
        &known,
        " (the last ones are the installed plugins)",
    );
}

/// `production`, `staging` and `development` also answer to their short names; any other word stays
/// as it was written.
fn environment(written: &str) -> String {
    match written.to_ascii_lowercase().as_str() {
        "production" | "prod" => "production".to_owned(),
        "staging" | "stage" => "staging".to_owned(),
        "development" | "dev" => "development".to_owned(),
        _ => written.to_owned(),
    }
}

fn tags(node: &Node, check: &mut Check) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::new();
    for (key, value) in check.map(node, "`tags`") {
        if tags.len() >= MAX_TAGS {
            check.problem(
                key.at,
                format!("`tags`: expected at most {MAX_TAGS}, found more"),
            );
            break;
        }
        if let Some(value) = check.text(value, &format!("tag `{}`", printable(&key.name))) {
            tags.insert(key.name.clone(), value);
        }
    }
    tags
}

/// Names are matched by globs and printed in tables, hence what they may not hold.
pub(crate) fn valid_name(name: &str, at: Position, check: &mut Check) -> bool {
    let length = name.chars().count();
    let wrong = if length > MAX_NAME_CHARACTERS {
        format!("{length} characters")
    } else if name.trim() != name || name.is_empty() {
        "blanks around it".to_owned()
    } else if let Some(c) = name
        .chars()
        .find(|c| c.is_control() || "*?[]{}'\"`\\".contains(*c))
    {
        format!("the character {c:?}")
    } else {
        return true;
    };
    check.problem(
        at,
        format!(
            "`{}` is no valid name: expected 1 to {MAX_NAME_CHARACTERS} characters without control characters, quotes and * ? [ ] {{ }}, found {wrong}",
            printable(name)
        ),
    );
    false
}

fn refuse_repeated(clusters: &[Cluster], places: &[Position], check: &mut Check) {
    let mut first: BTreeMap<&str, Position> = BTreeMap::new();
    for (cluster, at) in clusters.iter().zip(places) {
        if let Some(before) = first.get(cluster.name.as_str()) {
            check.problem(
                *at,
                format!(
                    "the cluster `{}` was already named in line {}: expected each name once",
                    cluster.name, before.line
                ),
            );
        } else {
            first.insert(&cluster.name, *at);
        }
    }
}

pub(crate) fn known_cluster(
    name: &str,
    clusters: &[Cluster],
    at: Position,
    what: &str,
    check: &mut Check,
) -> bool {
    if clusters.iter().any(|cluster| cluster.name == name) {
        return true;
    }
    let hint = nearest(name, clusters.iter().map(|c| c.name.as_str()))
        .map(|near| format!("did you mean `{near}`?"));
    check.problem_with_hint(
        at,
        format!(
            "{what}: there is no cluster `{}` in this file",
            printable(name)
        ),
        hint,
    );
    false
}

fn serves_known_clusters(document: &Document, check: &mut Check) {
    for entry in &document.entries {
        for (at, name) in &entry.serves_at {
            known_cluster(name, &document.clusters, *at, "`serves`", check);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environments_are_normalised_and_others_kept() {
        for (written, read) in [
            ("production", "production"),
            ("prod", "production"),
            ("PROD", "production"),
            ("stage", "staging"),
            ("dev", "development"),
            ("Canary", "Canary"),
        ] {
            assert_eq!(environment(written), read);
        }
    }

    #[test]
    fn names_of_real_contexts_are_valid_and_globs_are_not() {
        let at = Position { line: 1, column: 1 };
        for (name, valid) in [
            ("prod-ap", true),
            ("arn:aws:eks:ap-southeast-1:123456789:cluster/prod", true),
            ("admin@kind", true),
            ("prod*", false),
            (" prod", false),
            ("a\u{1b}b", false),
            ("", false),
        ] {
            assert_eq!(
                valid_name(name, at, &mut Check::default()),
                valid,
                "{name:?}"
            );
        }
        assert!(!valid_name(&"x".repeat(254), at, &mut Check::default()));
    }
}
