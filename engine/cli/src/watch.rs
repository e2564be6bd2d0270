//! What a server was started with, looked at again and again: the inventory, the lock file of the plugins folder, and components
//! that are being written. What changed is taken over by queries that begin later; what is wrong with it is said, and what was there
//! serves on.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use trawl_exec::{Engine, InstalledPlugin};
use trawl_fleet::{Inventory, Origin};
use trawl_install::Digest;
use trawl_server::Registry;

use crate::args::Global;
use crate::output;
use crate::plugins;
use crate::setup;

/// How often it is looked: what changed serves a second or two later, and reading two small files costs nothing.
const INTERVAL: Duration = Duration::from_secs(1);
/// When what was refused is tried again, as the reason may pass: a full disk, a compiler that had no memory.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// How often: each pause is twice the one before, so that the last try comes after ten minutes. Then the files have to change.
const TRIES: u32 = 7;
/// Of a file that is looked at: more than an inventory or a lock file may have, so that a larger one is not taken for unchanged.
const LOOK_BYTES: u64 = 8 << 20;

/// What is looked at, and what the engine is made of again.
pub struct Watch {
    /// Whose inventory the file's is a part of.
    registry: Arc<Registry>,
    /// What the process was started with.
    global: Global,
    /// Where the inventory came from then. It is looked for nowhere else.
    origin: Origin,
    /// The plugins that were taken over last.
    plugins: Vec<InstalledPlugin>,
    /// All plugins that were installed since the process began.
    seen: BTreeSet<String>,
}

/// A file as it is now; a name that leads nowhere is a state like another.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Gone,
    /// A pipe or the like, which can be read once.
    Unreadable,
    /// By content, whatever links lead to it: that is how Kubernetes replaces a mounted file.
    Text(Digest),
    /// Components are large: they are read when something about their file is new.
    Component(u64, Option<SystemTime>, u64),
}

type States = BTreeMap<PathBuf, State>;

/// What a change came to.
#[derive(Debug, Default)]
struct Told {
    /// What is another than before.
    done: Vec<String>,
    /// What was not taken over.
    problems: Vec<String>,
}

/// When what was refused is tried again.
struct Again {
    at: Instant,
    tries: u32,
}

impl Again {
    fn first() -> Self {
        Self {
            at: Instant::now() + FIRST_PAUSE,
            tries: 1,
        }
    }

    /// The next time; none when it was often enough.
    fn later(self) -> Option<Self> {
        (self.tries < TRIES).then(|| Self {
            at: Instant::now() + FIRST_PAUSE * 2_u32.saturating_pow(self.tries),
            tries: self.tries + 1,
        })
    }
}

impl Watch {
    /// Of an engine that was made with these flags, and the registry that gives it its inventory.
    pub fn of(engine: &Engine, registry: Arc<Registry>, global: Global) -> Self {
        Self {
            origin: engine.inventory().origin.clone(),
            // What is wrong with them is told at the first look.
            plugins: plugins::all(&global).unwrap_or_default(),
            seen: engine.plugins().into_iter().collect(),
            registry,
            global,
        }
    }

    /// Looks until it is dropped.
    pub async fn follow(mut self) {
        // What changed since the process read it, and before this began, is a change too.
        let mut taken: Option<States> = None;
        let mut before: Option<States> = None;
        let mut again: Option<Again> = None;
        let mut said: Vec<String> = Vec::new();
        loop {
            tokio::time::sleep(INTERVAL).await;
            let now = self.look().await;
            // A file that is still being written is left to settle.
            let changed = now.is_some() && now == before && now != taken;
            let due = again.take_if(|it| it.at <= Instant::now());
            if changed || due.is_some() {
                let told = self.take_over().await;
                if changed {
                    taken.clone_from(&now);
                    said.clear();
                }
                let news = told.problems.iter().filter(|it| !said.contains(it));
                for line in told.done.iter().chain(news) {
                    output::words(line);
                }
                again = match due.filter(|_| !changed) {
                    _ if told.problems.is_empty() => None,
                    Some(due) => due.later(),
                    None => Some(Again::first()),
                };
                said = told.problems;
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
        if let Origin::File(path) = &self.origin {
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

    /// Makes the engine serve what is there now, as far as it can. What is wrong with one of inventory and lock file does not keep
    /// what changed in the other: a plugin that was removed, or granted less, must not go on because of a mistake elsewhere.
    async fn take_over(&mut self) -> Told {
        let mut told = Told::default();
        match plugins::all(&self.global) {
            Ok(plugins) => self.plugins = plugins,
            Err(failure) => told.problems.push(format!(
                "a change is not taken over, and the plugins that were there serve on: {}",
                failure.message()
            )),
        }
        let names = self.plugins.iter().map(|plugin| plugin.name.clone());
        self.seen.extend(names);
        let inventory = self.inventory(&mut told).await;
        let replaced = self.registry.take_over(inventory, self.plugins.clone());
        match replaced.await {
            Ok(replaced) => {
                let refused = replaced.refused.iter().map(ToString::to_string);
                told.problems.extend(refused);
                let done = replaced.lines().into_iter();
                told.done = done.filter(|it| !told.problems.contains(it)).collect();
            }
            Err(error) => told.problems.push(format!(
                "a change is not taken over, and what was there serves on: {error}"
            )),
        }
        self.registry.note(told.problems.clone());
        told
    }

    /// The inventory as it is now, as far as it can be taken over.
    async fn inventory(&self, told: &mut Told) -> Inventory {
        let before = self.registry.file().await;
        if let Origin::File(path) = &self.origin
            && path.exists()
            && !path.is_file()
        {
            return before;
        }
        let again = |seen: &BTreeSet<String>| setup::again(&self.origin, &self.plugins, seen);
        let error = match again(&BTreeSet::new()) {
            Ok(inventory) => return inventory,
            Err(error) => error,
        };
        let (what, inventory) = match again(&self.seen) {
            Ok(inventory) => (
                "the inventory names plugins that were removed; all else of it is taken over",
                inventory,
            ),
            Err(_) => (
                "a change is not taken over, and the inventory that was there serves on",
                before,
            ),
        };
        told.problems.push(format!("{what}: {error}"));
        inventory
    }
}

fn text(path: &Path) -> State {
    let Ok(metadata) = std::fs::metadata(path) else {
        return State::Gone;
    };
    if !metadata.is_file() {
        return State::Unreadable;
    }
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|it| it.take(LOOK_BYTES).read_to_end(&mut bytes));
    match read {
        Ok(_) => State::Text(Digest::of(&bytes)),
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
        // A pipe would keep whoever reads it waiting, and a folder is no text.
        assert_eq!(text(folder.path()), State::Unreadable);
    }

    #[test]
    fn what_was_refused_is_tried_again_a_few_times() {
        let mut tries = 1;
        let mut again = Again::first();
        let mut pauses = Vec::new();
        while let Some(later) = again.later() {
            pauses.push(
                later
                    .at
                    .duration_since(Instant::now())
                    .as_secs_f64()
                    .round(),
            );
            again = later;
            tries += 1;
        }
        assert_eq!(tries, TRIES);
        assert!(
            pauses.is_sorted() && pauses.last() > Some(&300.0),
            "{pauses:?}"
        );
    }
}
