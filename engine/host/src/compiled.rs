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

    /// What was compiled before of the component with this digest (SHA-256 in hexadecimal).
    pub(crate) fn find(&self, engine: &Engine, digest: &str) -> Option<Component> {
        let name = name(engine, digest);
        let code = self.folder.as_ref()?.read(&name)?;
        // Folder and file belong to this user, nobody else can write there, and the folder's digest
        // shows that the file is whole; `keep` alone wrote it.
        trusted(engine, &code)
            .inspect_err(|error| tracing::warn!(%name, %error, "a compiled plugin does not load"))
            .ok()
    }

    /// Keeps what our own compiler made of the component with this digest, in this process or in one that this process started,
    /// and gives its component.
    ///
    /// # Errors
    /// The code is not of this engine.
    pub(crate) fn keep(
        &self,
        engine: &Engine,
        digest: &str,
        code: &[u8],
    ) -> wasmtime::Result<Component> {
        let component = trusted(engine, code)?;
        self.write(engine, digest, code);
        Ok(component)
    }

    /// Compiles in this process, and keeps the code.
    ///
    /// # Errors
    /// It does not compile.
    pub(crate) fn compile(
        &self,
        engine: &Engine,
        digest: &str,
        wasm: &[u8],
    ) -> wasmtime::Result<Component> {
        let component = Component::from_binary(engine, wasm)?;
        if self.folder.is_some() {
            self.write(engine, digest, &component.serialize()?);
        }
        Ok(component)
    }

    fn write(&self, engine: &Engine, digest: &str, code: &[u8]) {
        let Some(folder) = &self.folder else {
            return;
        };
        let name = name(engine, digest);
        if let Err(error) = folder.write(&name, code) {
            tracing::warn!(%name, %error, "cannot keep a compiled plugin");
        }
    }
}

/// Loads machine code that our own compiler made.
#[allow(unsafe_code)] // Native code can only be loaded on trust; see the reason at the call.
fn trusted(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: `deserialize` runs what it is given as native code. Both callers give bytes that `Engine::precompile_component` or
    // `Component::serialize` made for this user: from the private folder, or from the pipe of a child that is this program. The
    // entry's name carries the engine's configuration, and wasmtime checks its own version and settings again.
    unsafe { Component::deserialize(engine, code) }
}

/// The name of an entry.
fn name(engine: &Engine, digest: &str) -> String {
    format!("{digest}-{}", engine_key(engine))
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

    impl Cache {
        /// From the folder or from the compiler, as a host does it.
        fn component(
            &self,
            engine: &Engine,
            digest: &str,
            wasm: &[u8],
        ) -> wasmtime::Result<Component> {
            match self.find(engine, digest) {
                Some(component) => Ok(component),
                None => self.compile(engine, digest, wasm),
            }
        }
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
    fn code_of_another_engine_is_not_kept() {
        let (_parent, cache, engine, entry) = filled();
        let wasm = wat::parse_bytes(EMPTY).unwrap();
        let mut config = wasmtime::Config::new();
        config.epoch_interruption(true);
        let other = Engine::new(&config).unwrap();
        let code = other.precompile_component(&wasm).unwrap();
        assert!(cache.keep(&engine, "cd", &code).is_err());
        assert!(cache.keep(&other, "cd", &code).is_ok());
        assert_eq!(entries(entry.parent().unwrap()).len(), 2);
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
