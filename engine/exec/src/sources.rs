//! The installed plugins and their connections, over one inventory: loaded when a query first names them, kept from then on.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::OnceCell;
use trawl_connect::{AnswerStore, EndpointOptions, SharedPlace};
use trawl_fleet::Inventory;
use trawl_host::{Connection, Host, types};

use crate::attach::Granted;
use crate::completeness::TargetError;
use crate::engine::State;
use crate::error::Error;
use crate::installed::InstalledPlugin;
use crate::loaded::Loaded;
use crate::scope::Scope;
use crate::scoped::Within;
use crate::serving;

/// The plugin whose tables need no prefix: `pods` is `kube.pods`.
pub const DEFAULT_PLUGIN: &str = "kube";

/// What plugins are loaded and connected with, whatever the inventory.
#[derive(Clone)]
pub struct Tools {
    /// Loads components.
    pub host: Host,
    /// What all endpoints share.
    pub endpoints: EndpointOptions,
}

impl Tools {
    /// With answers that never change kept below this folder.
    pub fn new(host: Host, cache_folder: Option<&Path>) -> Self {
        let answers = cache_folder.and_then(|folder| AnswerStore::open(folder.join("answers")));
        let endpoints = EndpointOptions {
            answers,
            ..EndpointOptions::default()
        };
        Self { host, endpoints }
    }
}

/// All plugins that can be queried.
pub struct Sources {
    pub(crate) tools: Tools,
    pub(crate) inventory: Arc<Inventory>,
    pub(crate) slots: Vec<Slot>,
    /// What they are a part of, where a caller sees a part.
    pub(crate) within: Option<Within>,
}

/// An installed plugin, and what it came to once it was needed.
pub(crate) struct Slot {
    pub(crate) plugin: InstalledPlugin,
    pub(crate) source: OnceCell<Arc<Source>>,
}

impl Slot {
    /// A plugin that nobody has needed yet.
    pub(crate) fn new(plugin: InstalledPlugin) -> Self {
        Self {
            plugin,
            source: OnceCell::new(),
        }
    }

    /// A plugin that is ready.
    pub(crate) fn ready(plugin: InstalledPlugin, source: Source) -> Self {
        Self {
            plugin,
            source: OnceCell::new_with(Some(Arc::new(source))),
        }
    }
}

/// A loaded plugin with its connections.
pub struct Source {
    /// The name it is installed under.
    pub name: String,
    /// The version of it that serves.
    pub loaded: Arc<Loaded>,
    /// Its connections, one for each set of endpoints.
    pub links: Vec<Link>,
    /// Where its grants stand.
    pub place: SharedPlace,
    /// A newer version that does not serve yet, and why.
    pub held: Option<serving::Held>,
    /// What the caller may see of it.
    pub scope: Arc<Scope>,
    /// The plugin's own tables, where the caller does not see all of them.
    pub tables: Option<Vec<types::TableInfo>>,
}

/// A connection as the inventory names it.
#[derive(Clone)]
pub struct Link {
    /// What the inventory says of it, for all of its clusters.
    pub spec: trawl_fleet::Connection,
    /// Its clusters, with what tells them apart there.
    pub clusters: Vec<types::ServedCluster>,
    /// The same of clusters that the caller does not see: told to the plugin, which would else take their rows for nobody's.
    pub beyond: Vec<types::ServedCluster>,
    /// What is granted there.
    pub granted: Granted,
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
            .field("loaded", &self.loaded)
            .field("links", &self.links.len())
            .finish_non_exhaustive()
    }
}

impl Sources {
    /// The installed plugins, none of them loaded yet.
    pub fn new(tools: Tools, inventory: Arc<Inventory>, plugins: Vec<InstalledPlugin>) -> Self {
        Self {
            tools,
            inventory,
            slots: plugins.into_iter().map(Slot::new).collect(),
            within: None,
        }
    }

    /// Whether these are a part of what another state has.
    pub(crate) fn is_part_of(&self, whole: &Arc<State>) -> bool {
        let within = self.within.as_ref();
        within.is_some_and(|within| within.is_part_of(whole))
    }

    /// The names of all installed plugins.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.slots.iter().map(|slot| slot.plugin.name.as_str())
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
    /// When the component cannot be loaded, or a connection of it is configured wrongly.
    pub async fn get(&self, name: &str) -> Result<Option<Arc<Source>>, Error> {
        let Some(slot) = self.slots.iter().find(|slot| slot.plugin.name == name) else {
            return Ok(None);
        };
        let source = slot.source.get_or_try_init(|| async {
            if let Some(within) = &self.within {
                return within.source(name).await.map(Arc::new);
            }
            let source = serving::source(&self.tools, &self.inventory, &slot.plugin, None).await?;
            if let Some(held) = &source.held {
                tracing::warn!(plugin = name, "{held}");
            }
            Ok(Arc::new(source))
        });
        source.await.map(|source| Some(Arc::clone(source)))
    }
}

impl Link {
    /// Whether it also serves clusters that the caller does not see.
    pub fn is_shared_beyond(&self) -> bool {
        !self.beyond.is_empty()
    }

    /// A failure of it, as its caller is told.
    pub fn told(&self, error: &trawl_host::Error) -> TargetError {
        match self.is_shared_beyond() {
            true => TargetError::untold(error),
            false if self.spec.is_guarded() => {
                TargetError::unquoted(error, TargetError::OF_REGISTERED)
            }
            false => TargetError::from(error),
        }
    }
}

impl Source {
    /// The tables that it has whatever the connection.
    ///
    /// # Errors
    /// When the plugin cannot say.
    pub async fn tables(&self) -> Result<&[types::TableInfo], Error> {
        match &self.tables {
            Some(seen) => Ok(seen),
            None => self.loaded.tables().await,
        }
    }

    /// Whether the caller may see a table of this path, as far as its name says that.
    pub fn sees(&self, path: &[String], aliases: &[String]) -> bool {
        self.scope.tables.is_none() || {
            let names = self.names(path, aliases);
            self.scope.sees_table(names.iter().map(String::as_str))
        }
    }

    /// Whether the caller's scope has a table by its own name.
    pub fn is_named(&self, path: &[String], aliases: &[String]) -> bool {
        let names = self.names(path, aliases);
        self.scope.names_table(names.iter().map(String::as_str))
    }

    /// Whether a table that only connections know is listed to the caller. Under a list of namespaces its columns would have to be
    /// known for that, which is a request for each: then it is listed by its own name alone.
    pub fn lists(&self, path: &[String], aliases: &[String]) -> bool {
        self.sees(path, aliases)
            && (self.scope.namespaces.is_none() || self.is_named(path, aliases))
    }

    /// The names that a scope may give a table: as queries write it, with its plugin, and its other names.
    fn names(&self, path: &[String], aliases: &[String]) -> Vec<String> {
        let above = path.split_last().map_or(path, |(_, above)| above);
        let with_plugin = |path: &[String]| {
            let own = std::iter::once(self.name.as_str());
            let all: Vec<&str> = own.chain(path.iter().map(String::as_str)).collect();
            all.join(".")
        };
        let mut names = vec![self.written(path), with_plugin(path)];
        for alias in aliases {
            let path = [above, std::slice::from_ref(alias)].concat();
            names.extend([self.written(&path), with_plugin(&path)]);
        }
        names
    }

    /// A connection without endpoints, which answers for tables and schemas that need no remote.
    pub fn catalog(&self) -> &Connection {
        &self.loaded.catalog
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
