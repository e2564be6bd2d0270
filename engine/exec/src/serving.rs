//! Which version of a plugin serves, and with which connections: a newer one once all that it declares is granted wherever the
//! plugin is used, until then the one before.

use std::fmt;
use std::sync::Arc;

use trawl_connect::SharedPlace;
use trawl_fleet::Inventory;

use crate::attach::{self, Granted};
use crate::config;
use crate::error::Error;
use crate::granted::{self, MissingGrant};
use crate::installed::{Component, InstalledPlugin};
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
    /// The version that does not; none when it could not be loaded.
    pub version: Option<String>,
    /// Why.
    pub why: Why,
}

/// Why a newer version does not serve.
#[derive(Debug, Clone, PartialEq)]
pub enum Why {
    /// It waits for these grants.
    Missing(Vec<MissingGrant>),
    /// It waits until somebody accepts these things, which no inventory can grant.
    Unaccepted(Vec<String>),
    /// It is refused, in words.
    Refused(String),
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            plugin, serving, ..
        } = self;
        let version = self.version.as_deref().unwrap_or("the newer version");
        match &self.why {
            Why::Refused(why) => {
                write!(
                    f,
                    "plugin {plugin}: {version} is refused, {serving} serves on: {why}"
                )
            }
            Why::Unaccepted(things) => {
                write!(
                    f,
                    "plugin {plugin}: {version} waits for what no grant names to be accepted, {serving} serves on: {}",
                    things.join("; ")
                )
            }
            Why::Missing(grants) => {
                let lines: Vec<String> = grants.iter().map(ToString::to_string).collect();
                write!(
                    f,
                    "plugin {plugin}: {version} waits for what it wants to be granted, {serving} serves on: {}",
                    lines.join("; ")
                )
            }
        }
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
    let held = match plugin.next() {
        None => None,
        Some(next) => match newer(tools, inventory, plugin, next, before).await {
            Ok(source) => return Ok(source),
            Err(held) => Some(held),
        },
    };
    let loaded = load(tools, inventory, plugin, plugin.current(), before).await?;
    let serving = loaded.plugin.version().to_owned();
    let source = connected(tools, inventory, plugin, loaded, before)?;
    let held = held.map(|(version, why)| Held {
        plugin: plugin.name.clone(),
        serving,
        version,
        why,
    });
    Ok(Source { held, ..source })
}

/// The newer version, when it may serve; else its version and why not.
async fn newer(
    tools: &Tools,
    inventory: &Inventory,
    plugin: &InstalledPlugin,
    next: &Component,
    before: Option<&Source>,
) -> Result<Source, (Option<String>, Why)> {
    let loaded = load(tools, inventory, plugin, next, before).await;
    let loaded = loaded.map_err(|error| (None, Why::Refused(error.to_string())))?;
    let version = loaded.plugin.version().to_owned();
    let missing = granted::missing(inventory, plugin, &loaded.plugin.description().endpoints);
    if !missing.is_empty() {
        return Err((Some(version), Why::Missing(missing)));
    }
    let unaccepted = plugin.unaccepted();
    if !unaccepted.is_empty() {
        return Err((Some(version), Why::Unaccepted(unaccepted.to_vec())));
    }
    connected(tools, inventory, plugin, loaded, before)
        .map_err(|error| (Some(version), Why::Refused(error.to_string())))
}

async fn load(
    tools: &Tools,
    inventory: &Inventory,
    plugin: &InstalledPlugin,
    component: &Component,
    before: Option<&Source>,
) -> Result<Arc<Loaded>, Error> {
    let limits = granted::limits_of(inventory, &plugin.name);
    let known = before.map(|before| &before.loaded);
    Loaded::load(&tools.host, plugin, component, limits, known).await
}

/// A loaded component with its connections of this inventory, those of `before` where they are the same.
///
/// # Errors
/// [`Error::Config`] when one of them is configured wrongly.
pub fn connected(
    tools: &Tools,
    inventory: &Inventory,
    plugin: &InstalledPlugin,
    loaded: Arc<Loaded>,
    before: Option<&Source>,
) -> Result<Source, Error> {
    let place = inventory.grant_place(&plugin.name);
    let place = match before {
        Some(before) => {
            before.place.set(place);
            before.place.clone()
        }
        None => SharedPlace::new(place),
    };
    let description = loaded.plugin.description();
    let cluster_key = description.cluster_key.as_deref();
    config::check(&loaded.schema, inventory, &plugin.name, cluster_key)?;
    let before = before.filter(|before| Arc::ptr_eq(&before.loaded, &loaded));
    let mut connected = Vec::new();
    for served in links::served(inventory, &plugin.name, cluster_key)? {
        let granted = on_each(inventory, plugin, &loaded, &served.spec.serves);
        let same = before.and_then(|before| {
            let mut links = before.links.iter();
            links.find(|link| attach::is_same(link, &served.spec, &granted))
        });
        let connection = match same {
            Some(link) => link.connection.clone(),
            None => attach::connect(
                &loaded.plugin,
                &served.spec,
                &granted,
                &place,
                &tools.endpoints,
            )?,
        };
        connected.push(Link {
            connection,
            granted,
            spec: served.spec,
            clusters: served.clusters,
            beyond: Vec::new(),
        });
    }
    Ok(Source {
        name: plugin.name.clone(),
        loaded,
        links: connected,
        place,
        held: None,
        scope: Arc::default(),
        tables: None,
    })
}

/// What served before, for an inventory with which its successor is refused: with the connections of that inventory, or where those
/// are what was refused, with its own as far as their clusters are still there.
pub fn keep(
    tools: &Tools,
    inventory: &Inventory,
    plugin: &InstalledPlugin,
    before: &Source,
) -> Source {
    let loaded = Arc::clone(&before.loaded);
    let kept = connected(tools, inventory, plugin, loaded, Some(before));
    let kept = kept.unwrap_or_else(|_| still_there(tools, inventory, plugin, before));
    Source {
        held: before.held.clone(),
        ..kept
    }
}

/// A source without the clusters that an inventory lacks. What is granted is what the inventory says now: an operation that is no
/// longer granted must not go on because of a mistake elsewhere in the file.
fn still_there(
    tools: &Tools,
    inventory: &Inventory,
    plugin: &InstalledPlugin,
    before: &Source,
) -> Source {
    let is_there = |name: &str| inventory.cluster(name).is_some();
    let links = before.links.iter().filter_map(|link| {
        let mut link = link.clone();
        link.spec.serves.retain(|name| is_there(name));
        link.clusters.retain(|it| is_there(&it.name));
        let granted = on_each(inventory, plugin, &before.loaded, &link.spec.serves);
        if link.granted != granted {
            let (plugin, options) = (&before.loaded.plugin, &tools.endpoints);
            let connected = attach::connect(plugin, &link.spec, &granted, &before.place, options);
            link.connection = connected.ok()?;
            link.granted = granted;
        }
        (!link.spec.serves.is_empty()).then_some(link)
    });
    Source {
        name: before.name.clone(),
        loaded: Arc::clone(&before.loaded),
        links: links.collect(),
        place: before.place.clone(),
        held: None,
        scope: Arc::default(),
        tables: None,
    }
}

/// What is granted on each endpoint that a component declares, for a connection that serves these clusters.
fn on_each(
    inventory: &Inventory,
    plugin: &InstalledPlugin,
    loaded: &Loaded,
    serves: &[String],
) -> Granted {
    let endpoints = loaded.plugin.description().endpoints.iter();
    let granted = endpoints.map(|endpoint| {
        let on = granted::on(inventory, plugin, &endpoint.name, serves);
        (endpoint.name.clone(), on)
    });
    granted.collect()
}
