//! Another inventory and other plugins for an engine that runs: queries that begin later see them, those that run end on what they
//! began with. What is unchanged keeps its loaded components, its connections and their caches; what is refused leaves the version
//! before it in place.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use trawl_fleet::Inventory;

use crate::engine::{Engine, State};
use crate::error::Error;
use crate::installed::InstalledPlugin;
use crate::serving::{self, Held};
use crate::sources::{Slot, Source, Sources, Tools};

/// What a replacement came to. Nothing in it is a failure of queries that run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Replaced {
    /// Whether clusters, connections or grants differ from before.
    pub inventory: bool,
    /// Plugins that were not there before, with their versions.
    pub added: Vec<(String, String)>,
    /// Plugins of which another component serves now: name, the version before, the version now.
    pub changed: Vec<(String, String, String)>,
    /// Plugins that are no longer there.
    pub removed: Vec<String>,
    /// What was not taken over, and why.
    pub refused: Vec<Refused>,
    /// Newer versions that wait until they are granted what they want.
    pub held: Vec<Held>,
}

/// A plugin that was not taken over as it was given.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// Its installed name.
    pub plugin: String,
    /// Why.
    pub why: String,
    /// What queries get instead.
    pub instead: Instead,
}

/// What queries get of a plugin that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instead {
    /// This version serves on.
    Serving(String),
    /// What was installed before is there, and nobody has needed it yet.
    Before,
    /// Nothing: it is new.
    Nothing,
}

impl Replaced {
    /// Whether everything is as it was.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// A line for each thing that happened, for logs.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.inventory {
            lines.push("the inventory was replaced".to_owned());
        }
        for (name, version) in &self.added {
            lines.push(format!("plugin {name} {version} was added"));
        }
        for (name, from, to) in &self.changed {
            lines.push(match from == to {
                true => format!("plugin {name}: another component of {to} serves"),
                false => format!("plugin {name}: {to} serves instead of {from}"),
            });
        }
        let removed = self.removed.iter();
        lines.extend(removed.map(|name| format!("plugin {name} was removed")));
        lines.extend(self.refused.iter().map(ToString::to_string));
        lines.extend(self.held.iter().map(ToString::to_string));
        lines
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.why)?;
        let plugin = &self.plugin;
        match &self.instead {
            Instead::Serving(version) => write!(f, "; {plugin} {version} serves on as before"),
            Instead::Before => write!(
                f,
                "; what was installed of {plugin} before serves as soon as a query needs it"
            ),
            Instead::Nothing => write!(f, "; queries on {plugin} fail"),
        }
    }
}

impl Engine {
    /// Loads a plugin and checks its connections, as the first query that needs it would; one that is not installed is none of
    /// anybody's.
    ///
    /// # Errors
    /// It cannot be loaded, or a connection of it is configured wrongly.
    pub async fn ready(&self, plugin: &str) -> Result<(), Error> {
        self.state().sources.get(plugin).await.map(drop)
    }

    /// Takes over an inventory and plugins for queries that begin from now on. A plugin whose component is another one is loaded
    /// and checked first; one that is refused serves on as it was.
    ///
    /// # Errors
    /// [`Error::Config`] when two plugins have one name: nothing changes then.
    pub async fn replace(
        &self,
        inventory: Inventory,
        plugins: Vec<InstalledPlugin>,
    ) -> Result<Replaced, Error> {
        let mut names = BTreeSet::new();
        if let Some(twice) = plugins.iter().find(|it| !names.insert(it.name.as_str())) {
            return Err(Error::Config(format!(
                "there are two plugins named {}: expected each name once",
                twice.name
            )));
        }
        // One after the other, so that none begins from a state that another replaces meanwhile.
        let _turn = self.replacing.lock().await;
        let before = self.state();
        let inventory = Arc::new(inventory);
        let mut replaced = Replaced {
            inventory: *inventory != *before.inventory,
            ..Replaced::default()
        };
        let tools = before.sources.tools.clone();
        let mut slots = Vec::with_capacity(plugins.len());
        for plugin in plugins {
            let old = before.sources.slots.iter();
            let old = old.clone().find(|slot| slot.plugin.name == plugin.name);
            slots.push(slot(&tools, &inventory, plugin, old, &mut replaced).await);
        }
        let gone = before.sources.names().filter(|name| {
            let mut slots = slots.iter();
            !slots.any(|slot| slot.plugin.name == *name)
        });
        replaced.removed = gone.map(str::to_owned).collect();
        let sources = Sources {
            tools,
            inventory: Arc::clone(&inventory),
            slots,
            within: None,
        };
        self.swap(State::whole(inventory, sources));
        Ok(replaced)
    }
}

/// A plugin in the place of what it was before.
async fn slot(
    tools: &Tools,
    inventory: &Inventory,
    plugin: InstalledPlugin,
    old: Option<&Slot>,
    replaced: &mut Replaced,
) -> Slot {
    let name = plugin.name.clone();
    let before = old.and_then(|old| old.source.get()).map(Arc::as_ref);
    if let Some(old) = old
        && before.is_none()
        && old.plugin == plugin
    {
        // Nobody has needed it yet: it is loaded when somebody does.
        return Slot::new(plugin);
    }
    let why = match serving::source(tools, inventory, &plugin, before).await {
        Ok(source) => {
            tell(&source, old, before, replaced);
            return Slot::ready(plugin, source);
        }
        Err(why) => why.to_string(),
    };
    let (instead, slot) = match (old, before) {
        (Some(old), Some(before)) => {
            let kept = serving::keep(tools, inventory, &old.plugin, before);
            let version = before.loaded.plugin.version().to_owned();
            let slot = Slot::ready(old.plugin.clone(), kept);
            (Instead::Serving(version), slot)
        }
        (Some(old), None) => (Instead::Before, Slot::new(old.plugin.clone())),
        (None, _) => (Instead::Nothing, Slot::new(plugin)),
    };
    replaced.refused.push(Refused {
        plugin: name,
        why,
        instead,
    });
    slot
}

/// Notes what is another than before.
fn tell(source: &Source, old: Option<&Slot>, before: Option<&Source>, replaced: &mut Replaced) {
    let now = &source.loaded.plugin;
    let (name, version) = (source.name.clone(), now.version().to_owned());
    match before.map(|before| &before.loaded.plugin) {
        None if old.is_none() => replaced.added.push((name, version)),
        None => replaced
            .changed
            .push((name, "what was installed".to_owned(), version)),
        Some(then) if then.digest() != now.digest() => {
            let from = then.version().to_owned();
            replaced.changed.push((name, from, version));
        }
        Some(_) => {}
    }
    let known = before.and_then(|before| before.held.as_ref());
    if let Some(held) = &source.held
        && known != Some(held)
    {
        replaced.held.push(held.clone());
    }
}
