//! Which version of a plugin serves, and with which connections: a newer one once all that it declares is granted wherever the
//! plugin is used, until then the one before.

use std::fmt;
use std::sync::Arc;

use trawl_fleet::Inventory;

use crate::attach;
use crate::error::Error;
use crate::installed::InstalledPlugin;
use crate::links;
use crate::loaded::Loaded;
use crate::sources::{Link, Source, Tools};

/// A newer version of a plugin that does not serve yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// The plugin's installed name.
    pub plugin: String,
    /// The version that serves.
    pub serving: String,
    /// The version that does not; none when it could not be read.
    pub version: Option<String>,
    /// Why.
    pub why: String,
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.version.as_deref().unwrap_or("the newer version");
        write!(
            f,
            "plugin {}: {version} waits, {} serves on: {}",
            self.plugin, self.serving, self.why
        )
    }
}

/// The plugin with its connections of this inventory. What `before` has loaded and connected is used again where it is the same.
///
/// # Errors
/// When the component cannot be loaded, or a connection of it is configured wrongly.
pub async fn source(
    tools: &Tools,
    inventory: &Inventory,
    plugin: &InstalledPlugin,
    before: Option<&Source>,
) -> Result<Source, Error> {
    let known: Vec<Arc<Loaded>> = before
        .map(|it| Arc::clone(&it.loaded))
        .into_iter()
        .collect();
    let loaded = Loaded::load(&tools.host, plugin, plugin.current(), &known).await?;
    let held = plugin.next().map(|_| Held {
        plugin: plugin.name.clone(),
        serving: loaded.plugin.version().to_owned(),
        version: None,
        why: "nothing is granted".to_owned(),
    });
    let links = connect(tools, inventory, plugin, &loaded, before)?;
    Ok(Source {
        name: plugin.name.clone(),
        loaded,
        links,
        held,
    })
}

/// The connections of a loaded component.
///
/// # Errors
/// [`Error::Config`] when one of them is configured wrongly.
pub fn connect(
    tools: &Tools,
    inventory: &Inventory,
    plugin: &InstalledPlugin,
    loaded: &Arc<Loaded>,
    before: Option<&Source>,
) -> Result<Vec<Link>, Error> {
    let description = loaded.plugin.description();
    let served = links::served(inventory, &plugin.name, description.cluster_key.as_deref())?;
    let before = before.filter(|before| Arc::ptr_eq(&before.loaded, loaded));
    let links = served.into_iter().map(|served| {
        let same = before.and_then(|before| {
            let mut links = before.links.iter();
            links.find(|link| attach::is_same(&link.spec, &served.spec))
        });
        let connection = match same {
            Some(link) => link.connection.clone(),
            None => attach::connect(&loaded.plugin, &served.spec, &tools.endpoints)?,
        };
        Ok(Link {
            connection,
            spec: served.spec,
            clusters: served.clusters,
        })
    });
    links.collect()
}

/// What served before, for an inventory with which its successor is refused: with the connections of that inventory, or where those
/// are what was refused, with its own as far as their clusters are still there.
pub fn keep(
    tools: &Tools,
    inventory: &Inventory,
    plugin: &InstalledPlugin,
    before: &Source,
) -> Source {
    let links = connect(tools, inventory, plugin, &before.loaded, Some(before));
    Source {
        name: before.name.clone(),
        loaded: Arc::clone(&before.loaded),
        links: links.unwrap_or_else(|_| still_there(inventory, &before.links)),
        held: before.held.clone(),
    }
}

/// Connections without the clusters that an inventory lacks.
fn still_there(inventory: &Inventory, links: &[Link]) -> Vec<Link> {
    let links = links.iter().filter_map(|link| {
        let mut link = link.clone();
        link.spec
            .serves
            .retain(|name| inventory.cluster(name).is_some());
        link.clusters
            .retain(|it| inventory.cluster(&it.name).is_some());
        (!link.spec.serves.is_empty()).then_some(link)
    });
    links.collect()
}
