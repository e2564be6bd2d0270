//! What a server was started with, looked at again and again: the inventory, the lock file of the plugins folder, and components
//! that are being written. What changed is taken over by queries that begin later; what is wrong with it is said, and what was there
//! serves on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use trawl_exec::Engine;
use trawl_fleet::Origin;
use trawl_install::Digest;
use trawl_lang::Style;

use crate::args::Global;
use crate::exit::Failure;
use crate::output;
use crate::plugins;
use crate::setup;

/// How often it is looked: what changed serves a second or two later, and reading two small files costs nothing.
const INTERVAL: Duration = Duration::from_secs(1);

/// What is looked at, and what the engine is made of again.
pub struct Watch {
    /// The engine that serves.
    pub engine: Arc<Engine>,
    /// What the process was started with.
    pub global: Global,
    /// The inventory, where it is not the one that the flags name.
    pub config: Option<PathBuf>,
    /// How messages look.
    pub style: Style,
}

/// A file as it is now; a name that leads nowhere is a state like another.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Gone,
    /// By content, whatever links lead to it: that is how Kubernetes replaces a mounted file.
    Text(Digest),
    /// Components are large: they are read when something about their file is new.
    Component(u64, Option<SystemTime>, u64),
}

type States = BTreeMap<PathBuf, State>;

impl Watch {
    /// Looks until it is dropped.
    pub async fn follow(self) {
        // What changed since the process read it, and before this began, is a change too.
        let mut taken: Option<States> = None;
        let mut before: Option<States> = None;
        loop {
            tokio::time::sleep(INTERVAL).await;
            let now = self.look().await;
            // A file that is still being written is left to settle.
            if now.is_some() && now == before && now != taken {
                self.take_over().await;
                taken.clone_from(&now);
            }
            before = now;
        }
    }

    /// The files as they are now; none when they could not be looked at.
    async fn look(&self) -> Option<States> {
        let mut texts = Vec::new();
        if let Ok(folder) = plugins::folder(&self.global) {
            texts.push(folder.lock_file());
        }
        if let Origin::File(path) = &self.engine.inventory().origin {
            texts.push(path.clone());
        }
        let developed = plugins::developed(&self.global).unwrap_or_default();
        let components = developed.into_iter().map(|(_, file)| file);
        let components: Vec<PathBuf> = components.collect();
        let states = tokio::task::spawn_blocking(move || {
            let texts = texts.into_iter().map(|path| {
                let state = text(&path);
                (path, state)
            });
            let components = components.into_iter().map(|path| {
                let state = component(&path);
                (path, state)
            });
            texts.chain(components).collect()
        });
        states.await.ok()
    }

    /// Makes the engine serve what is there now, as far as it can.
    async fn take_over(&self) {
        let replaced = match setup::parts(&self.global, self.config.clone()) {
            Ok((inventory, plugins)) => {
                let replaced = self.engine.replace(inventory, plugins).await;
                replaced.map_err(|error| Failure::Usage(error.to_string()))
            }
            Err(failure) => Err(failure),
        };
        match replaced {
            Ok(replaced) => {
                for line in replaced.lines() {
                    output::words(&line);
                }
            }
            Err(failure) => {
                output::words("a change is not taken over, and what was there serves on:");
                failure.tell(self.style);
            }
        }
    }
}

fn text(path: &Path) -> State {
    match std::fs::read(path) {
        Ok(bytes) => State::Text(Digest::of(&bytes)),
        Err(_) => State::Gone,
    }
}

fn component(path: &Path) -> State {
    use std::os::unix::fs::MetadataExt;
    match std::fs::metadata(path) {
        Ok(metadata) => State::Component(metadata.len(), metadata.modified().ok(), metadata.ino()),
        Err(_) => State::Gone,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_told_by_their_content_and_components_by_their_file() {
        let folder = tempfile::tempdir().unwrap();
        let (link, one, two) = (
            folder.path().join("link"),
            folder.path().join("one"),
            folder.path().join("two"),
        );
        assert_eq!(text(&link), State::Gone);
        assert_eq!(component(&link), State::Gone);
        std::fs::write(&one, "same").unwrap();
        std::fs::write(&two, "same").unwrap();
        std::os::unix::fs::symlink(&one, &link).unwrap();
        let (said, file) = (text(&link), component(&link));
        assert_ne!(said, State::Gone);
        std::fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink(&two, &link).unwrap();
        assert_eq!(text(&link), said);
        assert_ne!(component(&link), file);
        std::fs::write(&two, "diff").unwrap();
        assert_ne!(text(&link), said);
    }
}
