//! A component that was loaded and checked, with what it knows without a connection. Connections of several inventories share it.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::OnceCell;
use trawl_host::{Connection, ConnectionSpec, Host, Limits, Plugin, PluginOptions, types};

use crate::config::ConfigSchema;
use crate::error::Error;
use crate::granted;
use crate::installed::{Component, InstalledPlugin};

/// A loaded component.
pub struct Loaded {
    /// The component.
    pub plugin: Plugin,
    /// A connection without endpoints, which answers for tables and schemas that need no remote.
    pub catalog: Connection,
    /// What a connection of it may be configured with.
    pub schema: ConfigSchema,
    tables: OnceCell<Vec<types::TableInfo>>,
}

impl std::fmt::Debug for Loaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (name, version) = (self.plugin.name(), self.plugin.version());
        write!(f, "{name} {version} (sha256:{})", self.plugin.digest())
    }
}

impl Loaded {
    /// Loads a component of an installed plugin within limits, unless `known` is just that already.
    ///
    /// # Errors
    /// [`Error::Config`] when the file or the component is refused, [`Error::Internal`] when it came with this binary.
    pub async fn load(
        host: &Host,
        installed: &InstalledPlugin,
        component: &Component,
        limits: Limits,
        known: Option<&Arc<Loaded>>,
    ) -> Result<Arc<Self>, Error> {
        let name = &installed.name;
        let digest = component.digest(name).await?;
        let is_it =
            |it: &&Arc<Loaded>| it.plugin.digest() == digest && *it.plugin.limits() == limits;
        if let Some(known) = known.filter(is_it) {
            return Ok(Arc::clone(known));
        }
        let (wasm, _) = component.read(name).await?;
        let options = PluginOptions {
            limits,
            apart: !installed.is_bundled() && host.compiles_apart(),
        };
        let plugin = host.load(name, &wasm, options).await.map_err(|error| {
            let said = format!("plugin {name} cannot be loaded: {error}");
            let hint = error.hint.map(|hint| format!("; {hint}"));
            match installed.is_bundled() {
                true => Error::Internal(said),
                false => Error::Config(said + &hint.unwrap_or_default()),
            }
        })?;
        Self::of(plugin).map(Arc::new)
    }

    /// A component that a host has loaded, when what it says of itself can be worked with.
    ///
    /// # Errors
    /// [`Error::Config`] when it cannot.
    pub fn of(plugin: Plugin) -> Result<Self, Error> {
        let name = plugin.name();
        let refused = |why: String| {
            let version = plugin.version();
            Error::Config(format!(
                "plugin {name} {version} cannot be loaded: {why}; this is a defect of the plugin: report it to its author, or install another version"
            ))
        };
        let description = plugin.description();
        granted::can_be_written(&description.endpoints).map_err(refused)?;
        let schema = ConfigSchema::read(&description.config_schema).map_err(|why| {
            refused(format!(
                "its config-schema is no JSON Schema that can be checked: {why}"
            ))
        })?;
        let catalog = plugin.connect(ConnectionSpec {
            name: format!("{name}/catalog"),
            config: "{}".to_owned(),
            endpoints: BTreeMap::new(),
        });
        Ok(Self {
            plugin,
            catalog,
            schema,
            tables: OnceCell::new(),
        })
    }

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
}
