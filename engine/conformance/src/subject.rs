//! The plugin under test with one connection of it, whose addresses are those of a server of ours. Owns how a world is made: a fresh
//! server, a fresh engine or connection, and nothing remembered of the world before. The component is compiled and loaded once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;
use trawl_connect::Endpoint;
use trawl_exec::{Compiler, Engine, InstalledPlugin, approval, limits_of};
use trawl_fleet::{
    AwsAuth, AwsSpec, Connection, EndpointSpec, HttpSpec, Inventory, KubernetesSpec, SecretRef,
};
use trawl_host::types::Description;
use trawl_host::{ConnectionSpec, Host, HostOptions, Limits, Plugin, PluginOptions};

use crate::error::Error;
use crate::server::{Rule, Server};
use crate::tape::Tape;

/// Threads for the guests of all worlds.
const GUEST_THREADS: usize = 4;

/// The region of requests that AWS's plugins make where the connection names none; nobody reads it.
const NO_REGION: &str = "us-east-1";

/// What is tested.
pub struct Subject {
    /// The name it is installed under.
    pub name: String,
    /// What it says of itself.
    pub description: Description,
    /// The digest of its component.
    pub digest: String,
    /// Its remote.
    pub tape: Arc<Tape>,
    /// What `now()` is in every query of the suite, so that two ways to the same rows ask the same.
    pub now_ns: i64,
    host: Host,
    plugin: Plugin,
    bytes: Vec<u8>,
    apart: bool,
    inventory: Inventory,
    connection: Connection,
    folder: TempDir,
    worlds: AtomicUsize,
}

/// What a subject is made from.
pub struct Parts {
    /// The name it is installed under.
    pub name: String,
    /// The component.
    pub wasm: Vec<u8>,
    /// The inventory that the connection is from; the others of it are left out.
    pub inventory: Inventory,
    /// The connection; its addresses are replaced.
    pub connection: Connection,
    /// What `now()` is, in nanoseconds since the Unix epoch.
    pub now_ns: i64,
    /// Where compiled components are kept; none: in the suite's own folder, which ends with it.
    pub cache: Option<PathBuf>,
    /// What compiles the component, within bounds; none: it is compiled in this process, which only who made it should have.
    pub compiler: Option<Compiler>,
}

/// A world in which queries run.
pub struct World {
    /// The remote.
    pub server: Server,
    /// The engine, which knows the plugin under test and no other.
    pub engine: Engine,
}

/// A world in which the host is called directly.
pub struct Bare {
    /// The remote.
    pub server: Server,
    /// The connection.
    pub connection: trawl_host::Connection,
}

impl Subject {
    /// A subject whose remote `tape` makes of what the plugin declares.
    ///
    /// # Errors
    /// [`Error::Refused`] where the component cannot be loaded.
    pub async fn new(
        parts: Parts,
        tape: impl FnOnce(&Description) -> Result<Arc<Tape>, Error>,
    ) -> Result<Self, Error> {
        let folder = tempfile::tempdir().map_err(|source| Error::File {
            path: std::env::temp_dir(),
            source,
        })?;
        let cache = parts.cache.unwrap_or_else(|| folder.path().join("cache"));
        let apart = parts.compiler.is_some();
        let host = host(Some(&cache), parts.compiler)?;
        let limits = limits_of(&parts.inventory, &parts.name);
        let plugin = load(&host, &parts.name, &parts.wasm, limits, apart).await?;
        let description = plugin.description().clone();
        Ok(Self {
            tape: tape(&description)?,
            digest: plugin.digest().to_owned(),
            description,
            name: parts.name,
            host,
            plugin,
            bytes: parts.wasm,
            apart,
            inventory: parts.inventory,
            connection: parts.connection,
            now_ns: parts.now_ns,
            folder,
            worlds: AtomicUsize::new(0),
        })
    }

    /// A world whose remote misbehaves by these rules.
    ///
    /// # Errors
    /// When no port or engine can be had.
    pub async fn world(&self, rules: Vec<Rule>) -> Result<World, Error> {
        let server = self.server(rules).await?;
        let mut inventory = self.inventory.clone();
        inventory.connections = vec![self.addressed(&server)?];
        let engine = Engine::over(self.host.clone(), self.plugin.clone(), inventory)?;
        Ok(World { server, engine })
    }

    /// A world without an engine, whose instances have these limits; none: those that the inventory says.
    ///
    /// # Errors
    /// As [`Subject::world`].
    pub async fn bare(&self, rules: Vec<Rule>, limits: Option<Limits>) -> Result<Bare, Error> {
        let server = self.server(rules).await?;
        let spec = self.addressed(&server)?;
        let plugin = match limits {
            None => self.plugin.clone(),
            Some(limits) => load(&self.host, &self.name, &self.bytes, limits, self.apart).await?,
        };
        let mut endpoints = BTreeMap::new();
        for declared in &self.description.endpoints {
            let address = spec
                .endpoint_of(&declared.name, &declared.kind)
                .map_err(|mismatch| Error::Project(mismatch.to_string()))?;
            endpoints.insert(
                declared.name.clone(),
                Endpoint::new(
                    address,
                    approval(&self.inventory, &self.installed(), &spec, declared),
                ),
            );
        }
        let connection = plugin.connect(ConnectionSpec {
            name: spec.name,
            config: serde_json::Value::Object(spec.config).to_string(),
            endpoints,
        });
        Ok(Bare { server, connection })
    }

    /// The plugin as an engine knows it: it may do what it declares, unless the inventory grants something else.
    fn installed(&self) -> InstalledPlugin {
        InstalledPlugin::bundled(self.name.clone(), Vec::new())
    }

    /// The clusters that the connection serves.
    pub fn clusters(&self) -> impl Iterator<Item = &str> {
        self.connection.serves.iter().map(String::as_str)
    }

    async fn server(&self, rules: Vec<Rule>) -> Result<Server, Error> {
        let endpoints = self.description.endpoints.iter().map(|it| it.name.clone());
        Server::start(endpoints, Arc::clone(&self.tape), rules).await
    }

    /// The connection with the server's addresses, and with no credential of the real one.
    fn addressed(&self, server: &Server) -> Result<Connection, Error> {
        let mut connection = self.connection.clone();
        connection.endpoints.clear();
        for declared in &self.description.endpoints {
            let Some(url) = server.url(&declared.name) else {
                continue;
            };
            let limits = self.connection.endpoint.limits();
            let spec = match declared.kind.as_str() {
                "kubernetes" => EndpointSpec::Kubernetes(KubernetesSpec {
                    kubeconfig: vec![self.kubeconfig(&url)?],
                    limits,
                    ..KubernetesSpec::default()
                }),
                "aws" => EndpointSpec::Aws(AwsSpec {
                    region: self
                        .connection
                        .endpoint
                        .region()
                        .or(Some(NO_REGION))
                        .map(str::to_owned),
                    url: Some(url),
                    auth: AwsAuth::Keys {
                        access_key_id: "test".to_owned(),
                        secret_access_key: SecretRef::Inline("test".to_owned()),
                        session_token: None,
                    },
                    limits,
                    ..AwsSpec::default()
                }),
                _ => EndpointSpec::Http(HttpSpec {
                    url,
                    limits,
                    ..HttpSpec::default()
                }),
            };
            connection.endpoint = spec.clone();
            connection.endpoints.insert(declared.name.clone(), spec);
        }
        Ok(connection)
    }

    /// A kubeconfig whose only context is the server.
    fn kubeconfig(&self, url: &str) -> Result<PathBuf, Error> {
        let number = self.worlds.fetch_add(1, Ordering::Relaxed);
        let path = self.folder.path().join(format!("kubeconfig-{number}"));
        let text = serde_json::json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": url}}],
            "users": [{"name": "test", "user": {}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        });
        std::fs::write(&path, text.to_string()).map_err(|source| Error::File {
            path: path.clone(),
            source,
        })?;
        Ok(path)
    }
}

/// What a component calls itself. As in [`Parts`], a stranger's has a compiler of its own.
///
/// # Errors
/// [`Error::Refused`] where it cannot be loaded.
pub async fn name_of(
    wasm: &[u8],
    cache: Option<&Path>,
    compiler: Option<Compiler>,
) -> Result<String, Error> {
    let apart = compiler.is_some();
    let host = host(cache, compiler)?;
    // Until it has said so it has none.
    let plugin = load(&host, "plugin", wasm, Limits::default(), apart).await?;
    Ok(plugin.description().name.clone())
}

fn host(cache: Option<&Path>, compiler: Option<Compiler>) -> Result<Host, Error> {
    Host::new(HostOptions {
        cache_folder: cache.map(Path::to_path_buf),
        compiler,
        threads: Some(GUEST_THREADS),
        ..HostOptions::default()
    })
    .map_err(|error| Error::Refused(Box::new(error)))
}

async fn load(
    host: &Host,
    name: &str,
    wasm: &[u8],
    limits: Limits,
    apart: bool,
) -> Result<Plugin, Error> {
    let loaded = host.load(name, wasm, PluginOptions { limits, apart }).await;
    loaded.map_err(|error| Error::Refused(Box::new(error)))
}
