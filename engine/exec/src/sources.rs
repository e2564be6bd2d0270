//! The installed plugins and their connections: loaded when a query first names them, kept from then on.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::OnceCell;
use trawl_connect::{Approval, Endpoint, Method, Operation};
use trawl_fleet::Inventory;
use trawl_host::{Connection, ConnectionSpec, Host, Plugin, types};

use crate::error::Error;

/// The plugin whose tables need no prefix: `pods` is `kube.pods`.
pub const DEFAULT_PLUGIN: &str = "kube";

/// All plugins that this process knows.
pub struct Sources {
    host: Host,
    inventory: Arc<Inventory>,
    installed: Vec<Installed>,
}

struct Installed {
    name: &'static str,
    wasm: &'static [u8],
    source: OnceCell<Arc<Source>>,
}

/// A loaded plugin with its connections.
pub struct Source {
    /// The name it is installed under.
    pub name: String,
    /// The plugin.
    pub plugin: Plugin,
    /// Its connections, one for each set of endpoints.
    pub links: Vec<Link>,
    /// A connection without endpoints, which answers for tables and schemas that need no remote.
    pub catalog: Connection,
    tables: OnceCell<Vec<types::TableInfo>>,
}

/// A connection as the inventory names it.
pub struct Link {
    /// What the inventory says of it.
    pub spec: trawl_fleet::Connection,
    /// The connection of the host.
    pub connection: Connection,
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("name", &self.name).field("links", &self.links.len()).finish_non_exhaustive()
    }
}

impl Sources {
    /// The plugins that ship with the binary, none of them loaded yet.
    pub fn new(host: Host, inventory: Arc<Inventory>) -> Self {
        let installed = trawl_bundle::plugins()
            .iter()
            .map(|bundled| Installed { name: bundled.name, wasm: bundled.wasm, source: OnceCell::new() })
            .collect();
        Self { host, inventory, installed }
    }

    /// The names of all installed plugins.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.installed.iter().map(|installed| installed.name)
    }

    /// A plugin by its installed name, loaded now if need be; `None` when it is not installed.
    ///
    /// # Errors
    /// When the component cannot be loaded.
    pub async fn get(&self, name: &str) -> Result<Option<Arc<Source>>, Error> {
        let Some(installed) = self.installed.iter().find(|installed| installed.name == name) else {
            return Ok(None);
        };
        installed.source.get_or_try_init(|| self.load(installed)).await.map(|source| Some(Arc::clone(source)))
    }

    async fn load(&self, installed: &Installed) -> Result<Arc<Source>, Error> {
        let plugin = self
            .host
            .load(installed.name, installed.wasm)
            .await
            .map_err(|error| Error::Internal(format!("plugin {} cannot be loaded: {error}", installed.name)))?;
        let links = self
            .inventory
            .connections
            .iter()
            .filter(|spec| spec.plugin == installed.name)
            .map(|spec| Link { spec: spec.clone(), connection: connect(&plugin, spec) })
            .collect();
        let catalog = plugin.connect(ConnectionSpec {
            name: format!("{}/catalog", installed.name),
            config: "{}".to_owned(),
            endpoints: BTreeMap::new(),
        });
        let name = installed.name.to_owned();
        Ok(Arc::new(Source { name, plugin, links, catalog, tables: OnceCell::new() }))
    }
}

impl Source {
    /// Its tables.
    ///
    /// # Errors
    /// When the plugin cannot say.
    pub async fn tables(&self) -> Result<&[types::TableInfo], Error> {
        let tables = self
            .tables
            .get_or_try_init(|| async {
                self.catalog.tables().await.map_err(|error| Error::Internal(error.to_string()))
            })
            .await?;
        Ok(tables)
    }

    /// The table of this path or alias.
    ///
    /// # Errors
    /// When the plugin cannot say.
    pub async fn table(&self, path: &[String]) -> Result<Option<&types::TableInfo>, Error> {
        Ok(self.tables().await?.iter().find(|table| {
            table.path == path || matches!(path, [name] if table.aliases.contains(name))
        }))
    }

    /// How a table is written in a query: `pods`, `prometheus`, `prometheus.series`.
    pub fn written(&self, path: &[String]) -> String {
        if self.name == DEFAULT_PLUGIN && !path.is_empty() {
            return path.join(".");
        }
        std::iter::once(self.name.as_str()).chain(path.iter().map(String::as_str)).collect::<Vec<_>>().join(".")
    }
}

/// A connection whose endpoints may do what the plugin declares: the plugins that ship with trawl are approved with it.
fn connect(plugin: &Plugin, spec: &trawl_fleet::Connection) -> Connection {
    let endpoints = plugin
        .description()
        .endpoints
        .iter()
        .map(|declared| {
            let address = spec.endpoints.get(&declared.name).unwrap_or(&spec.endpoint).clone();
            (declared.name.clone(), Endpoint::new(address, approval(declared)))
        })
        .collect();
    plugin.connect(ConnectionSpec {
        name: spec.name.clone(),
        config: serde_json::Value::Object(spec.config.clone()).to_string(),
        endpoints,
    })
}

fn approval(declared: &types::EndpointDeclaration) -> Approval {
    let operations = declared
        .operations
        .iter()
        .map(|operation| Operation {
            method: match operation.method {
                types::Method::Get => Method::Get,
                types::Method::Head => Method::Head,
                types::Method::Post => Method::Post,
            },
            path: operation.path.clone(),
            action: operation.action.clone(),
        })
        .collect();
    Approval {
        operations,
        request_headers: declared.request_headers.clone(),
        response_headers: declared.response_headers.clone(),
    }
}
