//! Compiled code on disk, in a folder that only this user can read or write ([`PrivateFolder`]). An entry that
//! is damaged, or that anyone else could have written, is never loaded; the component is compiled again.

use std::hash::{Hash, Hasher};
use std::path::PathBuf;

use sha2::{Digest, Sha256};
use trawl_connect::{Capacity, PrivateFolder};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::limits;

/// The ending of the entries.
const EXTENSION: &str = "cwasm";

/// A folder of compiled components.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: Option<PrivateFolder>,
}

impl Cache {
    /// Uses `folder`, which is made if need be. Without a folder, or with one that others may
    /// write to, nothing is kept.
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        let capacity = Capacity {
            entries: limits::CACHE_ENTRIES,
            bytes: limits::CACHE_FOLDER_BYTES,
        };
        let folder = folder.and_then(|folder| {
            let shown = folder.display().to_string();
            PrivateFolder::open(folder, EXTENSION, capacity)
                .inspect_err(|error| {
                    tracing::warn!(folder = %shown, %error, "compiled plugins are not kept");
                })
                .ok()
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
        let name = format!("{digest}-{}", engine_key(engine));
        if let Some(component) = load(engine, folder, &name) {
            return Ok(component);
        }
        let component = Component::from_binary(engine, wasm)?;
        if let Err(error) = folder.write(&name, &component.serialize()?) {
            tracing::warn!(%name, %error, "cannot keep a compiled plugin");
        }
        Ok(component)
    }
}

/// Loads an entry if it is ours and whole.
#[allow(unsafe_code)] // Native code can only be loaded on trust; see the reason at the call.
fn load(engine: &Engine, folder: &PrivateFolder, name: &str) -> Option<Component> {
    let code = folder.read(name)?;
    // SAFETY: `deserialize` runs what it is given as native code. These bytes were written by
    // `component` from a component this process's user compiled: folder and file belong to the user
    // and nobody else can write there, and the folder's digest shows that the file is whole. The name
    // carries the engine's configuration, and wasmtime checks its own version and settings again.
    let component = unsafe { Component::deserialize(engine, code) };
    component
        .inspect_err(|error| tracing::warn!(%name, %error, "a compiled plugin does not load"))
        .ok()
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
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

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
        let (_parent, cache, engine, _entry) = filled();
        // What is not wasm could not be compiled: it comes from the folder, by its digest.
        assert!(cache.component(&engine, "ab", b"not wasm").is_ok());
        assert!(cache.component(&engine, "cd", b"not wasm").is_err());
    }

    #[test]
    fn what_the_folder_does_not_give_is_compiled_again() {
        let (_parent, cache, engine, entry) = filled();
        let whole = fs::read(&entry).unwrap();
        let mut damaged = whole.clone();
        damaged[whole.len() / 2] ^= 1;
        fs::write(&entry, &damaged).unwrap();
        assert!(cache.component(&engine, "ab", b"not wasm").is_err());
        let wasm = wat::parse_bytes(EMPTY).unwrap();
        cache.component(&engine, "ab", &wasm).unwrap();
        assert!(cache.component(&engine, "ab", b"not wasm").is_ok());
        fs::set_permissions(&entry, fs::Permissions::from_mode(0o620)).unwrap();
        assert!(cache.component(&engine, "ab", b"not wasm").is_err());
    }

    #[test]
    fn an_entry_that_is_whole_and_no_code_is_compiled_again() {
        let (_parent, cache, engine, entry) = filled();
        let name = entry.file_stem().unwrap().to_str().unwrap();
        let folder = cache.folder.as_ref().unwrap();
        folder.write(name, b"no code").unwrap();
        let wasm = wat::parse_bytes(EMPTY).unwrap();
        assert!(cache.component(&engine, "ab", &wasm).is_ok());
        assert!(cache.component(&engine, "ab", b"not wasm").is_ok());
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
