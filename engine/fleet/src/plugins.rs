//! The top-level `plugins` of a clusters.yaml: what each installed plugin is granted, and what it may use. A grant of a name that is
//! not there is refused, so that a typing error opens nothing in silence.

use std::collections::BTreeMap;

use crate::check::{Check, nearest, printable};
use crate::error::Position;
use crate::model::Cluster;
use crate::operation::Operation;
use crate::policy::{Grant, PluginLimits, Policy};
use crate::quantity::{bytes, duration};
use crate::yaml::{Key, Node};

/// Grants of one plugin: more are a generator's, which has globs instead.
const MAX_GRANTS: usize = 1_000;
/// Operations of one grant: as many as a plugin may declare for an endpoint.
const MAX_OPERATIONS: usize = 512;

const PLUGIN_KEYS: &[&str] = &["grants", "limits"];
const GRANT_KEYS: &[&str] = &["clusters", "endpoint", "operations"];
const LIMIT_KEYS: &[&str] = &[
    "memory",
    "deadline",
    "rows",
    "bytes",
    "requests_in_flight",
    "cpu",
    "compile_time",
    "compile_memory",
];

/// Reads `plugins`. `installed` are the names of the plugins that there are.
pub(crate) fn read(
    node: &Node,
    installed: &[&str],
    clusters: &[Cluster],
    check: &mut Check,
) -> BTreeMap<String, Policy> {
    let mut policies = BTreeMap::new();
    for (key, node) in check.map(node, "`plugins`") {
        if !installed.contains(&key.name.as_str()) {
            let names = installed.join(", ");
            let hint = nearest(&key.name, installed.iter().copied());
            check.problem_with_hint(
                key.at,
                format!(
                    "`plugins`: no plugin `{}` is installed: expected one of {names}",
                    printable(&key.name)
                ),
                Some(match hint {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "install it with `trawl plugin add`".to_owned(),
                }),
            );
            continue;
        }
        policies.insert(key.name.clone(), policy(key, node, clusters, check));
    }
    policies
}

fn policy(key: &Key, node: &Node, clusters: &[Cluster], check: &mut Check) -> Policy {
    let mut policy = Policy {
        at: key.at,
        ..Policy::default()
    };
    let what = format!("`plugins.{}`", printable(&key.name));
    for (key, node) in check.map(node, &what) {
        match key.name.as_str() {
            "grants" => {
                policy.grants_at = Some(key.at);
                policy.grants = Some(grants(node, clusters, check));
            }
            "limits" => policy.limits = limits(node, check),
            _ => check.unknown_key(key, &what, PLUGIN_KEYS, ""),
        }
    }
    policy
}

fn grants(node: &Node, clusters: &[Cluster], check: &mut Check) -> Vec<Grant> {
    let items = check.list(node, "`grants`");
    if let Some(beyond) = items.get(MAX_GRANTS) {
        check.problem(
            beyond.at,
            format!(
                "`grants`: expected at most {MAX_GRANTS}, found {}",
                items.len()
            ),
        );
    }
    let items = items.iter().take(MAX_GRANTS);
    items
        .filter_map(|node| grant(node, clusters, check))
        .collect()
}

fn grant(node: &Node, clusters: &[Cluster], check: &mut Check) -> Option<Grant> {
    let (mut named, mut endpoint, mut operations) = (None, None, None);
    for (key, value) in check.map(node, "a grant") {
        match key.name.as_str() {
            "clusters" => named = Some(cluster_names(value, clusters, check)),
            "endpoint" => endpoint = Some(check.text(value, "`endpoint`")),
            "operations" => operations = Some(read_operations(value, check)),
            _ => check.unknown_key(key, "a grant", GRANT_KEYS, ""),
        }
    }
    for (key, is_there) in [
        ("clusters", named.is_some()),
        ("operations", operations.is_some()),
    ] {
        if !is_there {
            check.problem_with_hint(
                node.at,
                format!("a grant without `{key}`: expected which are meant"),
                Some("{clusters: [\"*\"], operations: [GET /path]}".to_owned()),
            );
        }
    }
    Some(Grant {
        clusters: named?,
        // An endpoint that could not be read must not become each of them.
        endpoint: match endpoint {
            None => None,
            Some(read) => Some(read?),
        },
        operations: operations?,
        at: node.at,
    })
}

/// Names have to be there; a glob may wait for clusters to come.
fn cluster_names(node: &Node, clusters: &[Cluster], check: &mut Check) -> Vec<String> {
    let texts = check.texts(node, "`clusters`");
    let mut names = Vec::with_capacity(texts.len());
    for (at, name) in texts {
        if name.contains(['*', '?']) || known(at, &name, clusters, check) {
            names.push(name);
        }
    }
    names
}

fn known(at: Position, name: &str, clusters: &[Cluster], check: &mut Check) -> bool {
    crate::document::known_cluster(name, clusters, at, "`clusters`", check)
}

fn read_operations(node: &Node, check: &mut Check) -> Vec<Operation> {
    let texts = check.texts(node, "`operations`");
    if let Some((at, _)) = texts.get(MAX_OPERATIONS) {
        check.problem(
            *at,
            format!(
                "`operations`: expected at most {MAX_OPERATIONS}, found {}",
                texts.len()
            ),
        );
    }
    let mut operations = Vec::with_capacity(texts.len().min(MAX_OPERATIONS));
    for (at, text) in texts.into_iter().take(MAX_OPERATIONS) {
        match text.parse::<Operation>() {
            Ok(operation) => operations.push(operation),
            Err(wrong) => check.problem_with_hint(
                at,
                format!("`{}` is no operation: {wrong}", printable(&text)),
                Some("write it as `GET /path/{x}`".to_owned()),
            ),
        }
    }
    operations
}

fn limits(node: &Node, check: &mut Check) -> PluginLimits {
    let mut limits = PluginLimits::default();
    for (key, value) in check.map(node, "`limits`") {
        let what = format!("`{}`", printable(&key.name));
        match key.name.as_str() {
            "memory" => limits.memory = bytes(value, &what, check),
            "cpu" => limits.cpu = duration(value, &what, check),
            "deadline" => limits.deadline = duration(value, &what, check),
            "rows" => limits.rows = check.positive(value, &what),
            "bytes" => limits.bytes = bytes(value, &what, check),
            "requests_in_flight" => {
                limits.requests_in_flight = check
                    .positive(value, &what)
                    .map(|number| u32::try_from(number).unwrap_or(u32::MAX));
            }
            "compile_time" => limits.compile_time = duration(value, &what, check),
            "compile_memory" => limits.compile_memory = bytes(value, &what, check),
            _ => check.unknown_key(key, "`limits` of a plugin", LIMIT_KEYS, ""),
        }
    }
    limits
}
