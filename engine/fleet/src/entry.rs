//! One entry of a clusters.yaml that names a plugin: its host keys become endpoints here, the rest is
//! the guest's configuration. A secret reference in the guest's part is refused.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::aws::AwsSpec;
use crate::check::{Check, printable};
use crate::endpoint::{self, Nature};
use crate::error::Position;
use crate::in_cluster::ServiceAccount;
use crate::model::EndpointSpec;
use crate::places::Places;
use crate::yaml::{Key, Node, Value};

/// A plugin with more endpoints than this is a mistake.
const MAX_ENDPOINTS: usize = 16;

/// The keys of a connection that are the host's and never reach the guest.
pub(crate) const HOST_KEYS: &[&str] = &[
    "url",
    "endpoints",
    "auth",
    "tls",
    "headers",
    "proxy",
    "limits",
    "region",
    "serves",
    "context",
    "kubeconfig",
    "in_cluster",
    "grants",
    "impersonate",
];

/// What reading an entry depends on.
pub(crate) struct Scope<'a> {
    /// The installed plugins.
    pub(crate) plugins: &'a [&'a str],
    /// The folder of the file: relative paths in it count from there.
    pub(crate) folder: &'a Path,
    /// For `~/`.
    pub(crate) home: Option<&'a Path>,
    /// The kubeconfig files where the entry names none.
    pub(crate) kubeconfig: &'a [PathBuf],
    /// This pod's service account, where this process runs in one.
    pub(crate) account: Option<&'a ServiceAccount>,
}

impl<'a> Scope<'a> {
    /// Of what stands in no file and may name none.
    pub(crate) fn bare(plugins: &'a [&'a str]) -> Scope<'a> {
        Scope {
            plugins,
            folder: Path::new(""),
            home: None,
            kubeconfig: &[],
            account: None,
        }
    }

    pub(crate) fn path(&self, written: &str) -> PathBuf {
        if let (Some(rest), Some(home)) = (written.strip_prefix("~/"), self.home) {
            return home.join(rest);
        }
        self.folder.join(written)
    }
}

/// An entry as it was written, before equal ones are merged.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) at: Position,
    pub(crate) name: String,
    pub(crate) plugin: String,
    /// The clusters it serves; those that `serves` named are also in `serves_at`.
    pub(crate) serves: Vec<String>,
    pub(crate) serves_at: Vec<(Position, String)>,
    /// What `serves` says of some of them, for the key of the plugin that tells them apart.
    pub(crate) keys: BTreeMap<String, String>,
    pub(crate) endpoint: EndpointSpec,
    pub(crate) endpoints: BTreeMap<String, EndpointSpec>,
    pub(crate) config: serde_json::Map<String, serde_json::Value>,
    pub(crate) places: Places,
    /// A shared connection keeps its own name and is never merged.
    pub(crate) shared: bool,
}

impl Entry {
    /// Gives AWS endpoints without a region of their own this one.
    pub(crate) fn default_region(&mut self, region: Option<&str>) {
        for spec in self.aws_endpoints() {
            if spec.region.is_none() {
                spec.region = region.map(str::to_owned);
            }
        }
    }

    /// `endpoints: {sts: {url: …}}` says where roles are assumed; no plugin has an endpoint of that name. Without it
    /// they are where all services are.
    fn share_sts(&mut self) {
        let url = |spec: &EndpointSpec| match spec {
            EndpointSpec::Aws(spec) => spec.url.clone(),
            _ => None,
        };
        if !matches!(self.endpoint, EndpointSpec::Aws(_)) {
            return;
        }
        let sts = self.endpoints.remove("sts");
        let sts_url = sts.as_ref().map_or_else(|| url(&self.endpoint), url);
        for spec in self.aws_endpoints() {
            spec.sts_url.clone_from(&sts_url);
        }
    }

    fn aws_endpoints(&mut self) -> impl Iterator<Item = &mut AwsSpec> {
        std::iter::once(&mut self.endpoint)
            .chain(self.endpoints.values_mut())
            .filter_map(|endpoint| match endpoint {
                EndpointSpec::Aws(spec) => Some(spec),
                _ => None,
            })
    }
}

/// Reads a key of a cluster as a connection to a plugin. None: the key names no plugin. Some(None):
/// it does, and what it says is wrong.
pub(crate) fn of_cluster(
    cluster: &str,
    key: &Key,
    node: &Node,
    scope: &Scope<'_>,
    check: &mut Check,
) -> Option<Option<Entry>> {
    let shorthand = match key.name.as_str() {
        "kube_context" => Some(("kube", "context")),
        "prometheus_url" => Some(("prometheus", "url")),
        "cloudwatch_group" => Some(("cloudwatch", "log_group")),
        _ => None,
    };
    let (plugin, entry) = if let Some((plugin, inner)) = shorthand {
        if check.text(node, &format!("`{}`", key.name)).is_none() {
            return Some(None);
        }
        let key = Key {
            at: key.at,
            name: inner.to_owned(),
        };
        (
            plugin,
            body(plugin, node.at, &[(key, node.clone())], scope, check),
        )
    } else if scope.plugins.contains(&key.name.as_str()) {
        let pairs = check.map(node, &format!("`{}`", key.name));
        (
            key.name.as_str(),
            body(&key.name, key.at, pairs, scope, check),
        )
    } else {
        return None;
    };
    let mut entry = entry;
    entry.name = format!("{cluster}/{plugin}");
    if !entry.serves.iter().any(|name| name == cluster) {
        entry.serves.insert(0, cluster.to_owned());
    }
    Some(Some(entry))
}

/// Reads an item of the top-level `connections`.
pub(crate) fn shared(
    node: &Node,
    clusters: &[String],
    scope: &Scope<'_>,
    check: &mut Check,
) -> Option<Entry> {
    let pairs = check.map(node, "a shared connection");
    let mut name = None;
    let mut served = None;
    let mut entry: Option<Entry> = None;
    for (key, value) in pairs {
        match key.name.as_str() {
            "name" => {
                name = check
                    .text(value, "`name`")
                    .filter(|name| crate::document::valid_name(name, value.at, check));
            }
            "serves" => served = Some(value),
            plugin if scope.plugins.contains(&plugin) => {
                if entry.is_some() {
                    check.problem(
                        key.at,
                        "a shared connection: expected one plugin, found another one",
                    );
                }
                let inner = check.map(value, &format!("`{plugin}`"));
                entry = Some(body(plugin, key.at, inner, scope, check));
            }
            _ => {
                let mut known = vec!["name", "serves"];
                known.extend(scope.plugins.iter().copied());
                check.unknown_key(key, "a shared connection", &known, "");
            }
        }
    }
    let Some(mut entry) = entry else {
        check.problem(
            node.at,
            format!(
                "a shared connection: expected one plugin of {}",
                scope.plugins.join(", ")
            ),
        );
        return None;
    };
    if let Some(node) = served {
        serves(node, &mut entry, check);
    }
    // The order of the inventory, whatever the order of `serves` was.
    entry.serves = clusters
        .iter()
        .filter(|c| entry.serves.contains(c))
        .cloned()
        .collect();
    if entry.serves_at.is_empty() {
        check.problem_with_hint(
            node.at,
            "a shared connection without `serves`: expected the names of its clusters",
            Some("serves: [prod-ap, prod-us]".to_owned()),
        );
    }
    entry.shared = true;
    match name {
        Some(name) => entry.name = name,
        None => check.problem(
            node.at,
            "a shared connection without a valid `name`: expected `name: …`",
        ),
    }
    Some(entry)
}

/// Splits the keys of an entry into the host's and the guest's.
fn body(
    plugin: &str,
    at: Position,
    pairs: &[(Key, Node)],
    scope: &Scope<'_>,
    check: &mut Check,
) -> Entry {
    let what = format!("`{}`", printable(plugin));
    let mut entry = Entry {
        at,
        name: String::new(),
        plugin: plugin.to_owned(),
        serves: Vec::new(),
        serves_at: Vec::new(),
        keys: BTreeMap::new(),
        endpoint: EndpointSpec::Unaddressed,
        endpoints: BTreeMap::new(),
        config: serde_json::Map::new(),
        places: Places::at(at),
        shared: false,
    };
    for (key, node) in pairs {
        match key.name.as_str() {
            "serves" => serves(node, &mut entry, check),
            name if HOST_KEYS.contains(&name) => {}
            _ => {
                refuse_secrets(key, node, check);
                entry.places.add(key, node);
                entry.config.insert(key.name.clone(), node.to_json());
            }
        }
    }
    entry.endpoint = endpoint::read(&what, pairs, Nature::of_plugin(plugin), scope, check);
    if let Some((_, node)) = pairs.iter().find(|(key, _)| key.name == "endpoints") {
        entry.endpoints = endpoints(node, &entry.endpoint, scope, check);
    }
    entry.share_sts();
    entry
}

/// Reads `serves`: names of clusters, each alone or as `{name: …, key: …}` with what tells it apart at the remote.
fn serves(node: &Node, entry: &mut Entry, check: &mut Check) {
    let items = match &node.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    for item in items {
        let name = match &item.value {
            Value::Map(_) => keyed(item, entry, check),
            _ => check.text(item, "`serves`"),
        };
        if let Some(name) = name {
            entry.serves.push(name.clone());
            entry.serves_at.push((item.at, name));
        }
    }
}

/// Reads `{name: …, key: …}` and gives the name.
fn keyed(item: &Node, entry: &mut Entry, check: &mut Check) -> Option<String> {
    let (mut name, mut key) = (None, None);
    let pairs = check.map(item, "`serves`");
    for (inner, value) in pairs {
        match inner.name.as_str() {
            "name" => name = check.text(value, "`name`"),
            "key" => key = check.text(value, "`key`"),
            _ => check.unknown_key(inner, "a cluster of `serves`", &["name", "key"], ""),
        }
    }
    if !pairs.iter().any(|(inner, _)| inner.name == "name") {
        check.problem(
            item.at,
            "a cluster of `serves`: expected its name, or `{name: …, key: …}`",
        );
    }
    if let (Some(name), Some(key)) = (&name, key) {
        entry.keys.insert(name.clone(), key);
    }
    name
}

fn endpoints(
    node: &Node,
    own: &EndpointSpec,
    scope: &Scope<'_>,
    check: &mut Check,
) -> BTreeMap<String, EndpointSpec> {
    // Services of AWS are one connection with one identity; endpoints of another kind have nothing in common.
    let nature = match own {
        EndpointSpec::Aws(own) => Nature::Aws(Some(own)),
        _ => Nature::Open,
    };
    let mut endpoints = BTreeMap::new();
    for (key, node) in check.map(node, "`endpoints`") {
        if endpoints.len() >= MAX_ENDPOINTS {
            check.problem(
                key.at,
                format!("`endpoints`: expected at most {MAX_ENDPOINTS}, found more"),
            );
            break;
        }
        let what = format!("endpoint `{}`", printable(&key.name));
        let pairs = check.map(node, &what);
        for (inner, _) in pairs {
            if !endpoint::KEYS.contains(&inner.name.as_str()) {
                check.unknown_key(inner, &what, endpoint::KEYS, "");
            }
        }
        let spec = endpoint::read(&what, pairs, nature, scope, check);
        if spec == EndpointSpec::Unaddressed {
            check.problem(key.at, format!("{what}: expected `url` or `context`"));
        }
        endpoints.insert(key.name.clone(), spec);
    }
    endpoints
}

/// What the guest is given, it can send anywhere it may write: no secret is resolved for it.
fn refuse_secrets(key: &Key, node: &Node, check: &mut Check) {
    match &node.value {
        Value::Map(entries) => {
            if crate::credential::is_secret_reference(node) {
                check.problem_with_hint(
                    node.at,
                    format!(
                        "`{}`: a secret reference is valid in the keys {} only, since a plugin is never given a secret",
                        printable(&key.name),
                        "auth, headers"
                    ),
                    Some("credentials are the host's: write them below `auth`".to_owned()),
                );
                return;
            }
            for (_, inner) in entries {
                refuse_secrets(key, inner, check);
            }
        }
        Value::List(items) => {
            for item in items {
                refuse_secrets(key, item, check);
            }
        }
        _ => {}
    }
}
