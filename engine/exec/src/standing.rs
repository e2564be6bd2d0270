//! How an installed plugin stands: which version serves, what it is not granted, and what a newer one waits for. `trawl plugin list`.

use crate::engine::Engine;
use crate::error::Error;
use crate::granted::{self, MissingGrant};
use crate::serving::Held;

/// How a plugin stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// Its installed name.
    pub plugin: String,
    /// The version that serves, by its own description.
    pub version: String,
    /// The SHA-256 of its component, in hexadecimal.
    pub digest: String,
    /// How many connections it has.
    pub connections: usize,
    /// What it declares and is not granted, with the lines that would grant it.
    pub missing: Vec<MissingGrant>,
    /// The newer version, where it does not serve.
    pub held: Option<Held>,
}

impl Engine {
    /// How an installed plugin stands; it is loaded for that. `None` when there is no plugin of this name.
    ///
    /// # Errors
    /// When it cannot be loaded, or a connection of it is configured wrongly.
    pub async fn standing(&self, plugin: &str) -> Result<Option<Standing>, Error> {
        let state = self.state();
        let slots = state.sources.slots.iter();
        let installed = slots.map(|slot| &slot.plugin);
        let Some(installed) = installed.into_iter().find(|it| it.name == plugin) else {
            return Ok(None);
        };
        let Some(source) = state.sources.get(plugin).await? else {
            return Ok(None);
        };
        let serving = &source.loaded.plugin;
        let endpoints = &serving.description().endpoints;
        Ok(Some(Standing {
            plugin: plugin.to_owned(),
            version: serving.version().to_owned(),
            digest: serving.digest().to_owned(),
            connections: source.links.len(),
            missing: granted::missing(&state.inventory, installed, endpoints),
            held: source.held.clone(),
        }))
    }
}
