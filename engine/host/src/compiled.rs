//! Compiled code on disk, in a folder that only this user can read or write. An entry that is
//! damaged, or that anyone else could have written, is never loaded; the component is compiled again.

use std::fs::{self, DirBuilder, Metadata};
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::limits;

/// Length of a SHA-256 digest, which stands before the code in each entry.
const DIGEST_BYTES: usize = 32;
/// Permissions of the folder: nobody else may even look.
const FOLDER_MODE: u32 = 0o700;

/// A folder of compiled components.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: Option<PathBuf>,
}

impl Cache {
    /// Uses `folder`, which is made if need be. Without a folder, or with one that others may
    /// write to, nothing is kept.
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        let folder = folder.filter(|folder| match private(folder) {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(folder = %folder.display(), %error, "compiled plugins are not kept");
                false
            }
        });
        Self { folder }
    }

    /// The compiled form of `wasm`, from the folder or from the compiler. `digest` is its SHA-256 in
    /// hexadecimal.
    pub(crate) fn component(
        &self,
        engine: &Engine,
        digest: &str,
        wasm: &[u8],
    ) -> wasmtime::Result<Component> {
        let Some(folder) = &self.folder else {
            return Component::from_binary(engine, wasm);
        };
        let entry = folder.join(format!("{digest}-{}.cwasm", engine_key(engine)));
        if let Some(component) = load(engine, &entry) {
            return Ok(component);
        }
        let component = Component::from_binary(engine, wasm)?;
        if let Err(error) = keep(folder, &entry, &component.serialize()?) {
            tracing::warn!(entry = %entry.display(), %error, "cannot keep a compiled plugin");
        }
        Ok(component)
    }
}

/// Makes the folder if need be, and checks that it is a folder of ours that nobody else can enter.
fn private(folder: &Path) -> std::io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(FOLDER_MODE)
        .create(folder)?;
    let metadata = fs::symlink_metadata(folder)?;
    if metadata.is_dir() && is_ours_alone(&metadata) {
        Ok(())
    } else {
        Err(std::io::Error::other(format!(
            "expected a folder of this user with mode 700, found owner {} and mode {:o}; remove it, or run `chmod 700` on it",
            metadata.uid(),
            metadata.mode() & 0o7777
        )))
    }
}

fn is_ours_alone(metadata: &Metadata) -> bool {
    metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode() & 0o077 == 0
}

/// Loads an entry if it is ours and whole.
#[allow(unsafe_code)] // Native code can only be loaded on trust; see the reason at the call.
fn load(engine: &Engine, entry: &Path) -> Option<Component> {
    let metadata = fs::symlink_metadata(entry).ok()?;
    if !metadata.is_file() || !is_ours_alone(&metadata) {
        tracing::warn!(entry = %entry.display(), "a compiled plugin with foreign owner or permissions is not loaded");
        return None;
    }
    let bytes = fs::read(entry).ok()?;
    let (digest, code) = bytes.split_at_checked(DIGEST_BYTES)?;
    if Sha256::digest(code).as_slice() != digest {
        tracing::warn!(entry = %entry.display(), "a damaged compiled plugin is compiled again");
        return None;
    }
    // SAFETY: `deserialize` runs what it is given as native code. These bytes were written by `keep`
    // from a component this process's user compiled: folder and file belong to the user and nobody
    // else can write there, and the digest shows that the file is whole. The name carries the
    // engine's configuration, and wasmtime checks its own version and settings again.
    let component = unsafe { Component::deserialize(engine, code) };
    component
        .inspect_err(|error| tracing::warn!(entry = %entry.display(), %error, "a compiled plugin does not load"))
        .ok()
}

/// Writes an entry so that readers see all of it or nothing, then drops the oldest beyond the limit.
fn keep(folder: &Path, entry: &Path, code: &[u8]) -> std::io::Result<()> {
    // `tempfile` makes files with mode 600.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&Sha256::digest(code))?;
    file.write_all(code)?;
    file.persist(entry)?;

    let mut entries: Vec<_> = fs::read_dir(folder)?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.metadata().ok()?.modified().ok()?, entry.path()))
        })
        .filter(|(_, path)| {
            path.extension()
                .is_some_and(|extension| extension == "cwasm")
        })
        .collect();
    entries.sort();
    let surplus = entries.len().saturating_sub(limits::CACHE_ENTRIES);
    for (_, path) in entries.into_iter().take(surplus) {
        fs::remove_file(path)?;
    }
    Ok(())
}

/// A name for everything that decides whether compiled code fits: wasmtime's version, its settings
/// and the machine's features.
fn engine_key(engine: &Engine) -> String {
    struct Digester(Sha256);
    impl Hasher for Digester {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
        fn finish(&self) -> u64 {
            0 // Only the whole digest is read.
        }
    }
    let mut digester = Digester(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut digester);
    hex(digester
        .0
        .finalize()
        .as_slice()
        .get(..8)
        .unwrap_or_default())
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    const EMPTY: &[u8] = b"(component)";

    fn entries(folder: &Path) -> Vec<PathBuf> {
        fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect()
    }

    /// A cache in a fresh folder with one entry in it.
    fn filled() -> (tempfile::TempDir, Cache, Engine, PathBuf) {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("compiled");
        let engine = Engine::default();
        let cache = Cache::new(Some(folder.clone()));
        let wasm = wat::parse_bytes(EMPTY).unwrap();
        cache.component(&engine, "ab", &wasm).unwrap();
        let [entry] = entries(&folder).try_into().unwrap();
        (parent, cache, engine, entry)
    }

    #[test]
    fn the_second_load_does_not_compile() {
        let (_parent, cache, engine, entry) = filled();
        assert!(load(&engine, &entry).is_some());
        // What is not wasm could not be compiled: it comes from the folder, by its digest.
        assert!(cache.component(&engine, "ab", b"not wasm").is_ok());
        assert!(cache.component(&engine, "cd", b"not wasm").is_err());
    }

    #[test]
    fn damage_anywhere_is_noticed_and_repaired() {
        let (_parent, cache, engine, entry) = filled();
        let whole = fs::read(&entry).unwrap();
        let last = whole.len() - 1;
        for position in [0, DIGEST_BYTES, whole.len() / 2, last] {
            let mut damaged = whole.clone();
            damaged[position] ^= 1;
            fs::write(&entry, &damaged).unwrap();
            assert!(load(&engine, &entry).is_none(), "byte {position}");
        }
        fs::write(&entry, &whole[..10]).unwrap();
        assert!(load(&engine, &entry).is_none());
        let wasm = wat::parse_bytes(EMPTY).unwrap();
        cache.component(&engine, "ab", &wasm).unwrap();
        assert!(load(&engine, &entry).is_some());
    }

    #[test]
    fn an_entry_others_may_write_is_not_trusted() {
        let (_parent, _cache, engine, entry) = filled();
        fs::set_permissions(&entry, fs::Permissions::from_mode(0o620)).unwrap();
        assert!(load(&engine, &entry).is_none());
    }

    #[test]
    fn a_link_is_not_trusted() {
        let (parent, _cache, engine, entry) = filled();
        let elsewhere = parent.path().join("elsewhere");
        fs::rename(&entry, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &entry).unwrap();
        assert!(load(&engine, &entry).is_none());
    }

    #[test]
    fn a_folder_others_may_enter_is_not_used() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("open");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        let wasm = wat::parse_bytes(EMPTY).unwrap();
        Cache::new(Some(folder.clone()))
            .component(&Engine::default(), "ab", &wasm)
            .unwrap();
        assert!(entries(&folder).is_empty());
    }

    #[test]
    fn the_folder_does_not_grow_without_end() {
        let (_parent, cache, engine, entry) = filled();
        let wasm = wat::parse_bytes(EMPTY).unwrap();
        for number in 0..limits::CACHE_ENTRIES + 3 {
            cache
                .component(&engine, &format!("n{number}"), &wasm)
                .unwrap();
        }
        assert_eq!(
            entries(entry.parent().unwrap()).len(),
            limits::CACHE_ENTRIES
        );
    }
}
