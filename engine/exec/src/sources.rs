//! The installed plugins and their connections: loaded when a query first names them, kept from then on.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::OnceCell;
use trawl_connect::{AnswerStore, Approval, Endpoint, EndpointOptions, Method, Operation};
use trawl_fleet::Inventory;
use trawl_host::{Connection, ConnectionSpec, Host, Plugin, types};

use crate::error::Error;
use crate::links;

/// The plugin whose tables need no prefix: `pods` is `kube.pods`.
pub const DEFAULT_PLUGIN: &str = "kube";

/// All plugins that this process knows.
pub struct Sources {
    host: Host,
    inventory: Arc<Inventory>,
    installed: Vec<Installed>,
    endpoint_options: EndpointOptions,
}

struct Installed {
    plugin: InstalledPlugin,
    source: OnceCell<Arc<Source>>,
}

/// A plugin's component and the name that it is installed under.
#[derive(Clone)]
pub struct InstalledPlugin {
    /// Its name in inventories and queries, whatever it calls itself.
    pub name: String,
    /// The component.
    pub wasm: Cow<'static, [u8]>,
}

impl std::fmt::Debug for InstalledPlugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({} bytes)", self.name, self.wasm.len())
    }
}

/// The plugins that ship with this binary.
pub fn bundled_plugins() -> Vec<InstalledPlugin> {
    trawl_bundle::plugins()
        .iter()
        .map(|bundled| InstalledPlugin {
            name: bundled.name.to_owned(),
            wasm: Cow::Borrowed(bundled.wasm),
        })
        .collect()
}

/// A loaded plugin with its connections.
pub struct Source {
    /// The name it is installed under.
    pub name: String,
    /// Its connections, one for each set of endpoints.
    pub links: Vec<Link>,
    /// A connection without endpoints, which answers for tables and schemas that need no remote.
    pub catalog: Connection,
    tables: OnceCell<Vec<types::TableInfo>>,
}

/// A connection as the inventory names it.
pub struct Link {
    /// What the inventory says of it, for all of its clusters.
    pub spec: trawl_fleet::Connection,
    /// Its clusters, with what tells them apart there.
    pub clusters: Vec<types::ServedCluster>,
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
        f.debug_struct("Source")
            .field("name", &self.name)
            .field("links", &self.links.len())
            .finish_non_exhaustive()
    }
}

impl Sources {
    /// The installed plugins, none of them loaded yet.
    pub fn new(host: Host, inventory: Arc<Inventory>, plugins: Vec<InstalledPlugin>) -> Self {
        let installed = plugins
            .into_iter()
            .map(|plugin| Installed {
                plugin,
                source: OnceCell::new(),
            })
            .collect();
        Self {
            host,
            inventory,
            installed,
            endpoint_options: EndpointOptions::default(),
        }
    }

    /// The same, with answers that never change kept below this folder.
    #[must_use]
    pub fn keeping_answers(mut self, cache_folder: Option<&Path>) -> Self {
        self.endpoint_options.answers =
            cache_folder.and_then(|folder| AnswerStore::open(folder.join("answers")));
        self
    }

    /// The names of all installed plugins.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.installed
            .iter()
            .map(|installed| installed.plugin.name.as_str())
    }

    /// The plugin that a table's path names, and the path in it: a plugin's own name first, then the search path.
    ///
    /// # Errors
    /// When the component cannot be loaded.
    pub async fn find(&self, path: &[String]) -> Result<Option<(Arc<Source>, Vec<String>)>, Error> {
        let (name, rest) = match path.split_first() {
            Some((first, rest)) if self.names().any(|name| name == first) => (first.as_str(), rest),
            Some(_) => (DEFAULT_PLUGIN, path),
            None => return Ok(None),
        };
        let source = self.get(name).await?;
        Ok(source.map(|source| (source, rest.to_vec())))
    }

    /// A plugin by its installed name, loaded now if need be; `None` when it is not installed.
    ///
    /// # Errors
    /// When the component cannot be loaded.
    pub async fn get(&self, name: &str) -> Result<Option<Arc<Source>>, Error> {
        let Some(installed) = self
            .installed
            .iter()
            .find(|installed| installed.plugin.name == name)
        else {
            return Ok(None);
        };
        installed
            .source
            .get_or_try_init(|| self.load(installed))
            .await
            .map(|source| Some(Arc::clone(source)))
    }

    async fn load(&self, installed: &Installed) -> Result<Arc<Source>, Error> {
        let InstalledPlugin { name, wasm } = &installed.plugin;
        let plugin =
            self.host.load(name, wasm).await.map_err(|error| {
                Error::Internal(format!("plugin {name} cannot be loaded: {error}"))
            })?;
        let cluster_key = plugin.description().cluster_key.as_deref();
        let links = links::served(&self.inventory, name, cluster_key)?
            .into_iter()
            .map(|served| {
                Ok(Link {
                    connection: connect(&plugin, &served.spec, &self.endpoint_options)?,
                    spec: served.spec,
                    clusters: served.clusters,
                })
            })
            .collect::<Result<_, Error>>()?;
        let catalog = plugin.connect(ConnectionSpec {
            name: format!("{name}/catalog"),
            config: "{}".to_owned(),
            endpoints: BTreeMap::new(),
        });
        Ok(Arc::new(Source {
            name: name.clone(),
            links,
            catalog,
            tables: OnceCell::new(),
        }))
    }
}

impl Source {
    /// The tables that it has whatever the connection.
    ///
    /// # Errors
    /// When the plugin cannot say.
    pub async fn tables(&self) -> Result<&[types::TableInfo], Error> {
        let tables = self
            .tables
            .get_or_try_init(|| async {
                self.catalog
                    .known_tables()
                    .await
                    .map_err(|error| Error::Internal(error.to_string()))
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
        std::iter::once(self.name.as_str())
            .chain(path.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join(".")
    }
}

/// A connection whose endpoints may do what the plugin declares: the plugins that ship with trawl are approved with it.
fn connect(
    plugin: &Plugin,
    spec: &trawl_fleet::Connection,
    options: &EndpointOptions,
) -> Result<Connection, Error> {
    names_what_is_there(&plugin.description().endpoints, spec)?;
    let mut endpoints = BTreeMap::new();
    for declared in &plugin.description().endpoints {
        let address = spec
            .endpoint_of(&declared.name, &declared.kind)
            .map_err(|mismatch| Error::Config(mismatch.to_string()))?;
        endpoints.insert(
            declared.name.clone(),
            Endpoint::with(address, approval(declared), options.clone()),
        );
    }
    Ok(plugin.connect(ConnectionSpec {
        name: spec.name.clone(),
        config: serde_json::Value::Object(spec.config.clone()).to_string(),
        endpoints,
    }))
}

/// An address for an endpoint that the plugin has not would be overlooked, and its requests would go elsewhere.
fn names_what_is_there(
    declared: &[types::EndpointDeclaration],
    spec: &trawl_fleet::Connection,
) -> Result<(), Error> {
    let mut known: Vec<&str> = declared.iter().map(|it| it.name.as_str()).collect();
    if declared.iter().any(|it| it.kind == "aws") {
        // Where roles are assumed: the host's own.
        known.push("sts");
    }
    let unknown = spec
        .endpoints
        .keys()
        .find(|name| !known.contains(&name.as_str()));
    let Some(name) = unknown else {
        return Ok(());
    };
    let nearest = trawl_lang::nearest(name, known.iter().copied());
    let meant = nearest.map_or_else(String::new, |it| format!("; did you mean `{it}`?"));
    Err(Error::Config(format!(
        "connection {}: expected below `endpoints` one of those that {} has ({}), got `{name}`{meant}",
        spec.name,
        spec.plugin,
        known.join(", ")
    )))
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
