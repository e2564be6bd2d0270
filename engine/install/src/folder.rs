//! The plugins folder: components by digest, and the lock file that names those that may load. A change is made in an order in
//! which the process can end at any moment: components first, then the lock file, then what nobody names any more goes.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::atomic::{self, step};
use crate::digest::Digest;
use crate::error::Error;
use crate::limits;
use crate::lock::{Entry, Lock, check_name};
use crate::release::{Endpoints, Release, Wider, wider};

/// The lock file's name.
const LOCK_FILE: &str = "plugins.lock.json";
/// Held by the process that changes the folder.
const GUARD_FILE: &str = ".changing";
/// Of the folder, where it is made here: what others put into it would be loaded.
const FOLDER_MODE: u32 = 0o700;

/// A folder of plugins. It need not exist: then nothing is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    path: PathBuf,
}

/// A component that was fetched and loaded once, to be installed.
#[derive(Debug, Clone)]
pub struct Candidate<'a> {
    /// The name it will have.
    pub name: &'a str,
    /// As it says of itself.
    pub version: String,
    /// The version of the contract that it was built for.
    pub contract: String,
    /// Where it came from, without what could be a credential.
    pub source: String,
    /// What it declares.
    pub endpoints: Endpoints,
    /// Whether what it declares beyond the one that serves, and no grant names, is accepted: headers, kinds of endpoints.
    pub accepted: bool,
    /// The component.
    pub wasm: &'a [u8],
    /// The version of this name that serves now, where that is known: a newer one may serve before the lock file says so.
    pub serving: Option<Digest>,
}

/// What became of a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Added {
    /// The name was free.
    New,
    /// This very component is what was installed; a newer one that waited is gone.
    Same,
    /// It took the place of this one.
    Replaced(Release),
    /// It declares more than the one that serves, and waits beside it until all of that is granted and accepted.
    Waits {
        /// The one that serves.
        behind: Release,
        /// What it declares more.
        wider: Wider,
    },
}

impl Folder {
    /// The folder of this path. Nothing is read or made yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of its lock file.
    pub fn lock_file(&self) -> PathBuf {
        self.path.join(LOCK_FILE)
    }

    /// Where the component of this digest lies, or would.
    pub fn component(&self, digest: &Digest) -> PathBuf {
        self.path.join(digest.file_name())
    }

    /// What is installed.
    ///
    /// # Errors
    /// The lock file cannot be read, or is not one.
    pub fn read(&self) -> Result<Lock, Error> {
        let path = self.lock_file();
        let cannot = || Error::io("cannot read", &path);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Lock::default()),
            Err(error) => return Err(cannot()(error)),
        };
        let mut text = Vec::new();
        file.take(limits::LOCK_BYTES.saturating_add(1))
            .read_to_end(&mut text)
            .map_err(cannot())?;
        if u64::try_from(text.len()).unwrap_or(u64::MAX) > limits::LOCK_BYTES {
            let problem = format!("expected at most {} bytes, found more", limits::LOCK_BYTES);
            return Err(Error::Lock {
                path,
                problems: vec![problem],
            });
        }
        Lock::parse(&text, &path)
    }

    /// The component of this digest, checked.
    ///
    /// # Errors
    /// It is not there, or was changed.
    pub fn load(&self, digest: &Digest) -> Result<Vec<u8>, Error> {
        let path = self.component(digest);
        let wasm = fs::read(&path).map_err(Error::io("cannot read", &path))?;
        let found = Digest::of(&wasm);
        if found == *digest {
            return Ok(wasm);
        }
        Err(Error::Digest {
            what: path.display().to_string(),
            expected: digest.clone(),
            found,
        })
    }

    /// Installs a component, or a new version of one: it serves at once unless it declares more than the one that serves.
    ///
    /// # Errors
    /// The name is none, another process is changing the folder, the lock file is not valid or cannot be written; nothing is
    /// installed then.
    pub fn add(&self, candidate: &Candidate<'_>) -> Result<Added, Error> {
        check_name(candidate.name).map_err(Error::Name)?;
        let _guard = self.guard()?;
        let mut lock = self.read()?;
        if lock.get(candidate.name).is_none() && lock.entries().count() >= limits::PLUGINS {
            return Err(Error::Name(format!(
                "{} plugins are installed in {}, and more there cannot be: remove one",
                limits::PLUGINS,
                self.path.display()
            )));
        }
        let release = Release {
            version: candidate.version.clone(),
            digest: Digest::of(candidate.wasm),
            size: u64::try_from(candidate.wasm.len()).unwrap_or(u64::MAX),
            contract: candidate.contract.clone(),
            source: candidate.source.clone(),
            endpoints: candidate.endpoints.clone(),
        };
        let before: BTreeSet<Digest> = digests(&lock);
        let known = lock.get(candidate.name).cloned();
        let known = known.map(|it| it.promoted(candidate.serving.as_ref()));
        let (entry, added) = placed(candidate.name, release, candidate.accepted, known);
        lock.set(entry);
        // Before anything is written: a lock file that cannot be read again would stop every command.
        let text = self.text(&lock)?;
        self.store(candidate.wasm)?;
        self.write(&text)?;
        // What this change replaced stays until the next one: a server that runs may be about to load it.
        self.clean(&digests(&lock), &before);
        Ok(added)
    }

    /// Makes the newer version of a plugin the one that is installed, once it serves: what comes later is compared with it.
    /// Whether there was anything to do.
    ///
    /// # Errors
    /// Another process is changing the folder, the lock file is not valid or cannot be written.
    pub fn promote(&self, name: &str, serving: &Digest) -> Result<bool, Error> {
        self.change(name, |known| known.promoted(Some(serving)))
    }

    /// Accepts what the newer version of a plugin declares and no grant names. Whether there was anything to do.
    ///
    /// # Errors
    /// As [`Folder::promote`].
    pub fn accept(&self, name: &str, next: &Digest) -> Result<bool, Error> {
        self.change(name, |known| {
            let is_it = known.next.as_ref().is_some_and(|it| it.digest == *next);
            Entry {
                accepted: known.accepted || is_it,
                ..known
            }
        })
    }

    fn change(&self, name: &str, to: impl FnOnce(Entry) -> Entry) -> Result<bool, Error> {
        let _guard = self.guard()?;
        let mut lock = self.read()?;
        let Some(known) = lock.get(name).cloned() else {
            return Ok(false);
        };
        let before = digests(&lock);
        let entry = to(known.clone());
        if entry == known {
            return Ok(false);
        }
        lock.set(entry);
        self.write(&self.text(&lock)?)?;
        self.clean(&digests(&lock), &before);
        Ok(true)
    }

    /// Takes a plugin away, and its components.
    ///
    /// # Errors
    /// It is not installed, another process is changing the folder, the lock file is not valid or cannot be written.
    pub fn remove(&self, name: &str) -> Result<Entry, Error> {
        let missing = |lock: &Lock| Error::NotInstalled {
            name: name.to_owned(),
            path: self.path.clone(),
            installed: lock.entries().map(|it| it.name.clone()).collect(),
        };
        // Without this look a folder would be made for a plugin that is not there.
        let lock = self.read()?;
        if lock.get(name).is_none() {
            return Err(missing(&lock));
        }
        let _guard = self.guard()?;
        let mut lock = self.read()?;
        let entry = lock.take(name).ok_or_else(|| missing(&lock))?;
        self.write(&self.text(&lock)?)?;
        self.clean(&digests(&lock), &BTreeSet::new());
        Ok(entry)
    }

    /// Makes the folder if need be, and keeps other processes from changing it until the guard is dropped.
    fn guard(&self) -> Result<File, Error> {
        DirBuilder::new()
            .recursive(true)
            .mode(FOLDER_MODE)
            .create(&self.path)
            .map_err(Error::io("cannot make the folder", &self.path))?;
        let path = self.path.join(GUARD_FILE);
        let file = File::options()
            .create(true)
            .write(true)
            .truncate(false)
            .open(&path)
            .map_err(Error::io("cannot write", &path))?;
        let begin = Instant::now();
        loop {
            match file.try_lock() {
                // The system lets it go when the process ends, however it ends.
                Ok(()) => return Ok(file),
                Err(fs::TryLockError::WouldBlock) => {}
                Err(fs::TryLockError::Error(error)) => {
                    return Err(Error::io("cannot lock", &path)(error));
                }
            }
            if begin.elapsed() > limits::BUSY_TIME {
                return Err(Error::Busy {
                    path: self.path.clone(),
                    seconds: limits::BUSY_TIME.as_secs(),
                });
            }
            std::thread::sleep(limits::BUSY_PAUSE);
        }
    }

    /// Puts a component where its digest says, unless it is there and whole.
    fn store(&self, wasm: &[u8]) -> Result<(), Error> {
        let digest = Digest::of(wasm);
        if self.load(&digest).is_ok() {
            return Ok(());
        }
        let path = self.component(&digest);
        atomic::write(&path, wasm).map_err(Error::io("cannot write", &path))
    }

    /// The text of a lock file that can be read again.
    fn text(&self, lock: &Lock) -> Result<String, Error> {
        let path = self.lock_file();
        let text = lock.text().map_err(|error| Error::Lock {
            path: path.clone(),
            problems: vec![error.to_string()],
        })?;
        if u64::try_from(text.len()).unwrap_or(u64::MAX) > limits::LOCK_BYTES {
            return Err(Error::Full {
                path,
                found: text.len(),
                limit: limits::LOCK_BYTES,
            });
        }
        match Lock::parse(text.as_bytes(), &path) {
            Ok(_) => Ok(text),
            Err(Error::Lock { problems, .. }) => Err(Error::Unwritable { problems }),
            Err(other) => Err(other),
        }
    }

    fn write(&self, text: &str) -> Result<(), Error> {
        let path = self.lock_file();
        atomic::write(&path, text.as_bytes()).map_err(Error::io("cannot write", &path))
    }

    /// Removes components that nobody names, and what was being written when a process ended. What cannot be removed is in the
    /// way of nothing: the next change tries again.
    fn clean(&self, named: &BTreeSet<Digest>, kept: &BTreeSet<Digest>) {
        let files: BTreeSet<String> = named.union(kept).map(Digest::file_name).collect();
        let Ok(entries) = fs::read_dir(&self.path) else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                continue;
            };
            let component = name.starts_with("sha256-") && name.ends_with(".wasm");
            let unfinished = name.starts_with(".new-") && name.ends_with(atomic::UNFINISHED);
            if unfinished || (component && !files.contains(name)) {
                let _ = step("removing");
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

fn digests(lock: &Lock) -> BTreeSet<Digest> {
    lock.releases().map(|it| it.digest.clone()).collect()
}

/// The entry with this version in it: in place of the one that serves, or waiting beside it.
fn placed(name: &str, release: Release, accepted: bool, known: Option<Entry>) -> (Entry, Added) {
    let serves = |release| Entry {
        name: name.to_owned(),
        installed: release,
        next: None,
        accepted: false,
    };
    let Some(known) = known else {
        return (serves(release), Added::New);
    };
    if known.installed.digest == release.digest {
        // Where it was trusted first: the same component elsewhere says nothing of what else is there.
        return (serves(known.installed), Added::Same);
    }
    let wider = wider(&known.installed.endpoints, &release.endpoints);
    let before = known.installed.clone();
    if wider.operations.is_empty() && (accepted || wider.others.is_empty()) {
        return (serves(release), Added::Replaced(before));
    }
    let entry = Entry {
        next: Some(release),
        accepted,
        ..known
    };
    let behind = before;
    (entry, Added::Waits { behind, wider })
}

#[cfg(test)]
#[path = "folder/tests.rs"]
mod tests;
