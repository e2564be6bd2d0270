//! What a plugin's project brings for its tests: `tests/clusters.yaml`, `tests/recorded/*.http`, `tests/cases/*.txt`, and perhaps
//! `tests/remote`, a program that serves the remote's API. Owns how a suite is made of it; builds no component.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use trawl_connect::{Approval, Endpoint};
use trawl_exec::{Compiler, InstalledPlugin, approval, is_bundled_component};
use trawl_fleet::{Connection, EndpointSpec, HttpSpec, Inventory, LoadOptions};
use trawl_host::types::{Description, EndpointDeclaration};
use trawl_sdk::recorded;

use crate::case::{self, CaseFile};
use crate::error::Error;
use crate::remote::Remote;
use crate::subject::{self, Parts, Subject};
use crate::suite::Suite;
use crate::tape::Tape;

/// What a plugin is tested against.
pub enum Against<'a> {
    /// The project's own: `tests/remote` where there is one, else the recordings.
    Project,
    /// A connection of an inventory, by its name or that of its cluster.
    Live {
        /// The inventory.
        inventory: &'a Inventory,
        /// `prod-ap/loki`, or `prod-ap` where that cluster has one connection of the plugin.
        connection: &'a str,
    },
}

/// What a suite is made from.
pub struct Options<'a> {
    /// The name that the plugin is installed under; none: what it calls itself.
    pub name: Option<String>,
    /// The component.
    pub wasm: Vec<u8>,
    /// The project's folder; none for a component alone.
    pub folder: Option<PathBuf>,
    /// What it is tested against.
    pub against: Against<'a>,
    /// What `now()` is, in nanoseconds since the Unix epoch.
    pub now_ns: i64,
    /// Where compiled components are kept.
    pub cache: Option<PathBuf>,
    /// What compiles a component whose maker is not at this machine; none: it is compiled in this process.
    pub compiler: Option<Compiler>,
}

/// A suite that is ready, with what it needs as long as it runs.
pub struct Prepared {
    /// The suite.
    pub suite: Suite,
    /// What it is tested against, in a word.
    pub against: String,
    /// The project's own remote; it ends with this.
    _remote: Option<Remote>,
}

/// Reads a project and makes its suite.
///
/// # Errors
/// A file of the project is wrong, the component is refused, or there is no such connection.
pub async fn prepare(options: Options<'_>) -> Result<Prepared, Error> {
    let name = match options.name {
        Some(name) => name,
        None => {
            let compiler = options.compiler.clone();
            subject::name_of(&options.wasm, options.cache.as_deref(), compiler).await?
        }
    };
    let tests = options.folder.as_ref().map(|folder| folder.join("tests"));
    let cases: Vec<CaseFile> = match &tests {
        Some(tests) => case::read_folder(&tests.join("cases"))?,
        None => Vec::new(),
    };
    let own = match (&options.against, &tests) {
        (
            Against::Live {
                inventory,
                connection,
            },
            _,
        ) => found(inventory, &name, connection)?,
        (Against::Project, tests) => only(tests.as_deref(), &name)?,
    };
    let remote = match (&options.against, &tests) {
        (Against::Project, Some(tests)) => Remote::start(&tests.join("remote")).await?,
        _ => None,
    };
    let (mut inventory, connection) = own;
    if matches!(options.against, Against::Live { .. }) {
        nothing_by_default(&mut inventory, &name, &options.wasm);
    }
    let against = match (&options.against, &remote) {
        (Against::Live { .. }, _) => connection.name.clone(),
        (Against::Project, Some(_)) => "tests/remote".to_owned(),
        (Against::Project, None) => "recordings".to_owned(),
    };
    let recorded = match (&options.against, &remote, &tests) {
        (Against::Project, None, Some(tests)) if tests.join("recorded").is_dir() => {
            recorded::read_folder(&tests.join("recorded"))?
        }
        _ => Vec::new(),
    };
    let upstream = match (&options.against, &remote) {
        (Against::Live { .. }, _) => Some(connection.clone()),
        (Against::Project, Some(remote)) => Some(at(&connection, remote.url())),
        (Against::Project, None) => None,
    };
    let parts = Parts {
        name,
        wasm: options.wasm,
        inventory,
        connection,
        now_ns: options.now_ns,
        cache: options.cache,
        compiler: options.compiler,
    };
    let plugin = InstalledPlugin::bundled(parts.name.clone(), Vec::new());
    let may = parts.inventory.clone();
    let tape = |description: &Description| match upstream {
        Some(connection) => {
            let approval =
                |declared: &EndpointDeclaration| approval(&may, &plugin, &connection, declared);
            Ok(Tape::live(endpoints(&connection, description, approval)?))
        }
        None => Ok(Tape::recorded(recorded)),
    };
    let subject = Subject::new(parts, tape).await?;
    Ok(Prepared {
        suite: Suite::new(subject, cases).await?,
        against,
        _remote: remote,
    })
}

/// The same connection at another address, with no credential.
fn at(connection: &Connection, url: &str) -> Connection {
    let mut connection = connection.clone();
    connection.endpoints.clear();
    connection.endpoint = EndpointSpec::Http(HttpSpec {
        url: url.to_owned(),
        limits: connection.endpoint.limits(),
        ..HttpSpec::default()
    });
    connection
}

/// A component that did not come with trawl may do on a living connection what the inventory grants, as everywhere, whatever it
/// calls itself.
fn nothing_by_default(inventory: &mut Inventory, plugin: &str, wasm: &[u8]) {
    if !is_bundled_component(plugin, wasm) {
        let policy = inventory.policies.entry(plugin.to_owned()).or_default();
        policy.grants.get_or_insert_with(Vec::new);
    }
}

/// The living remote: what the plugin declares and is granted may be asked, with the credentials of the connection.
fn endpoints(
    connection: &Connection,
    description: &Description,
    approval: impl Fn(&EndpointDeclaration) -> Approval,
) -> Result<BTreeMap<String, Endpoint>, Error> {
    let mut endpoints = BTreeMap::new();
    for declared in &description.endpoints {
        // A fake speaks plain HTTP, whatever it stands for.
        let spec = match &connection.endpoint {
            EndpointSpec::Http(_) if declared.kind != "aws" => connection
                .endpoints
                .get(&declared.name)
                .unwrap_or(&connection.endpoint)
                .clone(),
            _ => connection
                .endpoint_of(&declared.name, &declared.kind)
                .map_err(|mismatch| Error::Project(mismatch.to_string()))?,
        };
        endpoints.insert(
            declared.name.clone(),
            Endpoint::new(spec, approval(declared)),
        );
    }
    Ok(endpoints)
}

/// The connection of this name.
fn found(
    inventory: &Inventory,
    plugin: &str,
    name: &str,
) -> Result<(Inventory, Connection), Error> {
    let own: Vec<&Connection> = inventory
        .connections
        .iter()
        .filter(|it| it.plugin == plugin)
        .collect();
    let by_name = own.iter().find(|it| it.name == name).copied();
    let serving: Vec<&Connection> = own
        .iter()
        .copied()
        .filter(|it| it.serves.iter().any(|cluster| cluster == name))
        .collect();
    match (by_name, serving.as_slice()) {
        (Some(it), _) => Ok((inventory.clone(), it.clone())),
        (None, [it]) => Ok((inventory.clone(), (*it).clone())),
        (None, _) => {
            let names: Vec<&str> = own.iter().map(|it| it.name.as_str()).collect();
            Err(Error::Project(format!(
                "expected a connection of {plugin}, got `{name}`; {} has {}",
                inventory.origin,
                match names.is_empty() {
                    true => "none".to_owned(),
                    false => names.join(", "),
                }
            )))
        }
    }
}

/// What a component alone is given: one cluster, and an address that is replaced anyway.
fn alone(plugin: &str) -> String {
    format!("clusters:\n  - name: test\n    {plugin}: {{url: \"http://127.0.0.1\"}}\n")
}

/// The only connection of `tests/clusters.yaml`.
fn only(tests: Option<&Path>, plugin: &str) -> Result<(Inventory, Connection), Error> {
    let file = tests.map(|tests| tests.join("clusters.yaml"));
    let folder = tempfile::tempdir().map_err(|source| Error::File {
        path: std::env::temp_dir(),
        source,
    })?;
    let path = match file.filter(|file| file.is_file()) {
        Some(file) => file,
        None => {
            let path = folder.path().join("clusters.yaml");
            std::fs::write(&path, alone(plugin)).map_err(|source| Error::File {
                path: path.clone(),
                source,
            })?;
            path
        }
    };
    let inventory = Inventory::load(LoadOptions {
        config: Some(path.clone()),
        plugins: &[plugin],
        // A project means the same on every machine.
        variable: &|_| None,
        folder: PathBuf::new(),
    })
    .map_err(|error| Error::Project(error.to_string()))?;
    let own: Vec<&Connection> = inventory
        .connections
        .iter()
        .filter(|it| it.plugin == plugin)
        .collect();
    let [connection] = own.as_slice() else {
        return Err(Error::Project(format!(
            "{}: expected one connection of {plugin}, found {}",
            path.display(),
            own.len()
        )));
    };
    let connection = (*connection).clone();
    Ok((inventory, connection))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_alone_has_a_connection_and_a_project_its_own() {
        let (inventory, connection) = only(None, "things").unwrap();
        assert_eq!(connection.name, "test/things");
        assert_eq!(inventory.clusters.len(), 1);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("clusters.yaml");
        std::fs::write(
            &file,
            "clusters: [{name: a, things: {url: 'http://h', x: 1}}, {name: b, things: {url: 'http://i'}}]",
        )
        .unwrap();
        let error = only(Some(folder.path()), "things").unwrap_err();
        assert!(
            error
                .to_string()
                .contains("expected one connection of things, found 2")
        );
        let inventory = Inventory::load(LoadOptions {
            config: Some(file),
            plugins: &["things"],
            variable: &|_| None,
            folder: PathBuf::new(),
        })
        .unwrap();
        for name in ["a/things", "a"] {
            assert_eq!(
                found(&inventory, "things", name).unwrap().1.name,
                "a/things"
            );
        }
        let error = found(&inventory, "things", "c").unwrap_err().to_string();
        assert!(
            error.contains("got `c`") && error.contains("a/things, b/things"),
            "{error}"
        );
    }
}
