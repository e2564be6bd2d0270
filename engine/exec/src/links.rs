//! From the inventory's entries to the connections of one plugin: entries that differ in nothing but the key by which the plugin
//! tells clusters apart are one connection, so that a remote that serves several clusters is asked once.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value as Json;
use trawl_fleet::{Connection, Inventory};
use trawl_host::types::ServedCluster;

use crate::error::Error;

/// A connection and what tells its clusters apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Served {
    /// What the inventory says of it, without the plugin's key; it serves the clusters of all its entries.
    pub spec: Connection,
    /// Its clusters in the inventory's order; one with several keys comes once for each.
    pub clusters: Vec<ServedCluster>,
}

/// The connections of a plugin. `cluster_key` is the key of its configuration that only tells clusters apart.
///
/// # Errors
/// [`Error::Config`] when a key is no scalar, or is given to a plugin that has none.
pub fn served(
    inventory: &Inventory,
    plugin: &str,
    cluster_key: Option<&str>,
) -> Result<Vec<Served>, Error> {
    let order: HashMap<&str, usize> = inventory
        .clusters
        .iter()
        .enumerate()
        .map(|(position, cluster)| (cluster.name.as_str(), position))
        .collect();
    let own = inventory
        .connections
        .iter()
        .filter(|connection| connection.plugin == plugin);
    let mut served: Vec<Served> = Vec::new();
    // What two entries have in common that are one; comparing within it keeps large inventories linear.
    let mut alike: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for connection in own {
        let (spec, clusters) = keyed(connection, cluster_key)?;
        let Some(key) = cluster_key.map(|_| likeness(&spec)) else {
            served.push(Served { spec, clusters });
            continue;
        };
        let same = alike.entry(key).or_default();
        let known = same
            .iter()
            .copied()
            .find(|at| served.get(*at).is_some_and(|it| is_one(&it.spec, &spec)));
        match known.and_then(|at| served.get_mut(at)) {
            Some(known) => join(known, spec, clusters),
            None => {
                same.push(served.len());
                served.push(Served { spec, clusters });
            }
        }
    }
    for it in &mut served {
        let place = |name: &String| order.get(name.as_str()).copied();
        it.spec.serves.sort_by_key(place);
        it.spec.serves.dedup();
        it.clusters.sort_by_key(|cluster| place(&cluster.name));
    }
    Ok(served)
}

/// A connection without the plugin's key, and what it says of each cluster.
fn keyed(
    connection: &Connection,
    cluster_key: Option<&str>,
) -> Result<(Connection, Vec<ServedCluster>), Error> {
    let mut spec = connection.clone();
    let Some(cluster_key) = cluster_key else {
        if let Some((cluster, _)) = spec.keys.first_key_value() {
            return Err(Error::Config(format!(
                "connection {}: `serves` gives {cluster} a `key`, but {} has nothing that tells clusters apart: leave the `key` out",
                spec.name, spec.plugin
            )));
        }
        let clusters = spec.serves.iter().map(|name| cluster(name, None));
        let clusters = clusters.collect();
        return Ok((spec, clusters));
    };
    let usual = match spec.config.remove(cluster_key) {
        None | Some(Json::Null) => None,
        Some(Json::String(text)) => Some(text),
        Some(other) => {
            return Err(Error::Config(format!(
                "connection {}: expected `{cluster_key}` to be a text, which tells its cluster apart from others, got {other}: put it in quotes",
                spec.name
            )));
        }
    };
    let keys = std::mem::take(&mut spec.keys);
    let clusters = spec
        .serves
        .iter()
        .map(|name| cluster(name, keys.get(name).or(usual.as_ref()).cloned()));
    let clusters = clusters.collect();
    Ok((spec, clusters))
}

fn cluster(name: &str, key: Option<String>) -> ServedCluster {
    ServedCluster {
        name: name.to_owned(),
        key,
    }
}

/// What connections share that are one, as text. Secrets are not in it, but where they are.
fn likeness(spec: &Connection) -> String {
    let config = Json::Object(spec.config.clone());
    format!("{:?} {:?} {config}", spec.endpoint, spec.endpoints)
}

fn is_one(a: &Connection, b: &Connection) -> bool {
    a.endpoint == b.endpoint && a.endpoints == b.endpoints && a.config == b.config
}

/// Adds an entry to its connection. A cluster that says nothing of its own beside what is known of it adds nothing.
fn join(known: &mut Served, spec: Connection, clusters: Vec<ServedCluster>) {
    // The name that somebody chose says more than that of the first cluster.
    if is_named(&spec) && !is_named(&known.spec) {
        known.spec.name = spec.name;
    }
    known.spec.serves.extend(spec.serves);
    for cluster in clusters {
        let said = |it: &ServedCluster| it.name == cluster.name && it.key.is_some();
        if known.clusters.contains(&cluster)
            || (cluster.key.is_none() && known.clusters.iter().any(said))
        {
            continue;
        }
        known
            .clusters
            .retain(|it| it.name != cluster.name || it.key.is_some());
        known.clusters.push(cluster);
    }
}

/// Whether its name is not made of a cluster's and the plugin's.
fn is_named(spec: &Connection) -> bool {
    let own = |cluster: &String| spec.name == format!("{cluster}/{}", spec.plugin);
    !spec.serves.iter().any(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    use trawl_fleet::LoadOptions;

    /// The connections of a clusters.yaml, each as `name serves a=key,b with CONFIG`.
    fn connections(yaml: &str, cluster_key: Option<&str>) -> Result<Vec<String>, Error> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("clusters.yaml");
        std::fs::write(&file, yaml).unwrap();
        let options = LoadOptions::of_process(Some(file), &["logs", "kube"]);
        let inventory = Inventory::load(options).unwrap();
        let said = |it: Served| {
            let clusters = it.clusters.iter().map(|it| match &it.key {
                Some(key) => format!("{}={key}", it.name),
                None => it.name.clone(),
            });
            let names: Vec<String> = clusters.collect();
            let config = Json::Object(it.spec.config);
            format!("{} serves {} with {config}", it.spec.name, names.join(","))
        };
        Ok(served(&inventory, "logs", cluster_key)?
            .into_iter()
            .map(said)
            .collect())
    }

    const THREE: &str = "clusters:
- {name: a, logs: {url: 'http://l', group: /a, x: 1}}
- {name: b, logs: {url: 'http://l', group: /b, x: 1}}
- {name: c, logs: {url: 'http://l', x: 1}}
";

    #[test]
    fn entries_that_differ_in_the_key_alone_are_one() {
        assert_eq!(
            connections(THREE, Some("group")).unwrap(),
            [r#"a/logs serves a=/a,b=/b,c with {"x":1}"#]
        );
        assert_eq!(connections(THREE, None).unwrap().len(), 3);
    }

    #[test]
    fn what_differs_in_anything_else_stays_apart() {
        for (a, b) in [
            ("url: 'http://l'", "url: 'http://m'"),
            ("url: 'http://l'", "url: 'http://l', x: 1"),
            (
                "url: 'http://l'",
                "url: 'http://l', auth: {bearer: {env: T}}",
            ),
            (
                "url: 'http://l'",
                "url: 'http://l', limits: {max_cost_usd: 5}",
            ),
        ] {
            let yaml = format!(
                "clusters:\n- {{name: a, logs: {{{a}, group: a}}}}\n- {{name: b, logs: {{{b}, group: b}}}}\n"
            );
            assert_eq!(connections(&yaml, Some("group")).unwrap().len(), 2, "{b}");
        }
    }

    #[test]
    fn a_shared_connection_takes_in_the_entries_of_clusters_and_keeps_its_name() {
        let yaml = format!(
            "{THREE}- {{name: d}}\nconnections:\n- name: central\n  logs: {{url: 'http://l', x: 1}}\n  serves: [c, {{name: d, key: /d}}, a]\n"
        );
        assert_eq!(
            connections(&yaml, Some("group")).unwrap(),
            [r#"central serves a=/a,b=/b,c,d=/d with {"x":1}"#]
        );
    }

    #[test]
    fn a_cluster_may_have_several_keys() {
        let yaml = "clusters: [{name: a, logs: {url: 'http://l', group: '1'}}]
connections: [{name: more, logs: {url: 'http://l', group: 'true'}, serves: a}]";
        assert_eq!(
            connections(yaml, Some("group")).unwrap(),
            ["more serves a=1,a=true with {}"]
        );
    }

    #[test]
    fn keys_that_cannot_be_are_refused() {
        for (yaml, key, part) in [
            (
                "clusters: [{name: a, logs: {url: 'http://l', group: [x]}}]",
                Some("group"),
                "connection a/logs: expected `group` to be a text",
            ),
            // YAML takes `yes` for true and 1.10 for 1.1: what was meant is lost.
            (
                "clusters: [{name: a, logs: {url: 'http://l', group: 1.10}}]",
                Some("group"),
                "got 1.1: put it in quotes",
            ),
            (
                "clusters: [{name: a}]\nconnections: [{name: s, logs: {url: 'http://l'}, serves: [{name: a, key: k}]}]",
                None,
                "connection s: `serves` gives a a `key`",
            ),
        ] {
            let error = connections(yaml, key).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn no_connection_is_none() {
        assert_eq!(
            connections("clusters: [{name: a}]", Some("k")).unwrap(),
            [""; 0]
        );
    }
}
