//! A plugin as it is installed: its name, where its component is, and how far it is trusted. Owns the reading of a component's file;
//! refuses one that is not what was locked.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;

use crate::error::Error;
use crate::limits;

/// A plugin's component and the name that it is installed under. A component in a file is read, and its digest compared, when a
/// query first needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledPlugin {
    /// Its name in inventories and queries, whatever it calls itself.
    pub name: String,
    pub(crate) code: Code,
}

/// Where the component of a plugin is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Code {
    /// It came with this binary.
    Bundled(Component),
    /// A stranger's, by its digest.
    Locked {
        /// What serves.
        current: Component,
        /// What will serve once all that it declares is granted.
        next: Option<Component>,
        /// What of the newer one nobody has accepted yet, in words.
        unaccepted: Vec<String>,
    },
    /// Whatever is in a file at the moment.
    Development(Component),
}

/// A component before it is loaded.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Component {
    /// Its bytes.
    Bytes(Cow<'static, [u8]>),
    /// A file, with the SHA-256 in hexadecimal that it must have.
    Locked(PathBuf, String),
    /// A file.
    File(PathBuf),
}

impl fmt::Debug for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Component::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Component::Locked(path, digest) => write!(f, "{} (sha256:{digest})", path.display()),
            Component::File(path) => write!(f, "{}", path.display()),
        }
    }
}

impl InstalledPlugin {
    /// A plugin that ships with trawl: it is granted what it declares, unless the inventory says otherwise.
    pub fn bundled(name: impl Into<String>, wasm: impl Into<Cow<'static, [u8]>>) -> Self {
        Self {
            name: name.into(),
            code: Code::Bundled(Component::Bytes(wasm.into())),
        }
    }

    /// A plugin of somebody else, by the SHA-256 of its file (in hexadecimal, with `sha256:` before it or without). It may do what
    /// the inventory grants. `next` is a newer version of it: it serves instead as soon as all operations that it declares are
    /// granted on every connection of the plugin.
    pub fn locked(
        name: impl Into<String>,
        path: impl Into<PathBuf>,
        digest: &str,
        next: Option<(PathBuf, String)>,
    ) -> Self {
        let component = |path: PathBuf, digest: &str| Component::Locked(path, plain_digest(digest));
        Self {
            name: name.into(),
            code: Code::Locked {
                current: component(path.into(), digest),
                next: next.map(|(path, digest)| component(path, &digest)),
                unaccepted: Vec::new(),
            },
        }
    }

    /// The same plugin, whose newer version waits until somebody accepts these things, which no inventory can grant: what it sends
    /// and reads beyond the version before it. They are told as they are here.
    #[must_use]
    pub fn unless_accepted(mut self, things: Vec<String>) -> Self {
        if let Code::Locked { unaccepted, .. } = &mut self.code {
            *unaccepted = things;
        }
        self
    }

    /// A plugin that is being written: what is in the file when it is loaded, whatever its digest. It may do what the inventory
    /// grants.
    pub fn development(name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            code: Code::Development(Component::File(path.into())),
        }
    }

    /// Whether it came with this binary.
    pub(crate) fn is_bundled(&self) -> bool {
        matches!(self.code, Code::Bundled(_))
    }

    /// What serves unless there is something newer.
    pub(crate) fn current(&self) -> &Component {
        match &self.code {
            Code::Bundled(component) | Code::Development(component) => component,
            Code::Locked { current, .. } => current,
        }
    }

    /// What of the newer version nobody has accepted yet.
    pub(crate) fn unaccepted(&self) -> &[String] {
        match &self.code {
            Code::Locked { unaccepted, .. } => unaccepted,
            Code::Bundled(_) | Code::Development(_) => &[],
        }
    }

    /// What is to serve once it may.
    pub(crate) fn next(&self) -> Option<&Component> {
        match &self.code {
            Code::Locked { next, .. } => next.as_ref(),
            Code::Bundled(_) | Code::Development(_) => None,
        }
    }
}

/// The plugins that ship with this binary.
pub fn bundled_plugins() -> Vec<InstalledPlugin> {
    trawl_bundle::plugins()
        .iter()
        .map(|bundled| InstalledPlugin::bundled(bundled.name, bundled.wasm))
        .collect()
}

/// Whether these are the very bytes of the plugin of this name that ships with this binary: what another component says of itself
/// gives it no rights.
pub fn is_bundled_component(name: &str, wasm: &[u8]) -> bool {
    let mut bundled = trawl_bundle::plugins().iter();
    bundled.any(|it| it.name == name && *it.wasm == *wasm)
}

/// `sha256:ABC` as `abc`.
fn plain_digest(digest: &str) -> String {
    let digest = digest.trim();
    let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
    hex.to_ascii_lowercase()
}

impl Component {
    /// Its bytes, with their digest.
    ///
    /// # Errors
    /// [`Error::Config`] when the file cannot be read, is too large to be a plugin, or is not what was locked.
    pub(crate) async fn read(&self, plugin: &str) -> Result<(Cow<'_, [u8]>, String), Error> {
        let (bytes, path) = match self {
            Component::Bytes(bytes) => {
                let digest = digest_of(bytes);
                return Ok((Cow::Borrowed(bytes), digest));
            }
            Component::Locked(path, _) | Component::File(path) => (file(plugin, path).await?, path),
        };
        let found = digest_of(&bytes);
        if let Component::Locked(_, expected) = self
            && *expected != found
        {
            return Err(Error::Config(format!(
                "plugin {plugin}: {} is not the component that was locked: expected sha256:{expected}, found sha256:{found}; it was not loaded. Add the plugin again from where you trust it, or remove it",
                path.display()
            )));
        }
        Ok((Cow::Owned(bytes), found))
    }

    /// The digest that it has, or must have; of a file that is not locked, what is in it now.
    ///
    /// # Errors
    /// As [`Component::read`], for a file that is not locked.
    pub(crate) async fn digest(&self, plugin: &str) -> Result<String, Error> {
        match self {
            Component::Locked(_, digest) => Ok(digest.clone()),
            Component::Bytes(_) | Component::File(_) => {
                self.read(plugin).await.map(|(_, digest)| digest)
            }
        }
    }
}

fn digest_of(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

async fn file(plugin: &str, path: &Path) -> Result<Vec<u8>, Error> {
    let unreadable = |error: std::io::Error| {
        Error::Config(format!(
            "plugin {plugin}: {} cannot be read: {error}; add the plugin again, or remove it",
            path.display()
        ))
    };
    let file = tokio::fs::File::open(path).await.map_err(unreadable)?;
    let mut bytes = Vec::new();
    // One byte more than allowed tells a file at the limit from one above it.
    let mut file = file.take(limits::COMPONENT_BYTES + 1);
    file.read_to_end(&mut bytes).await.map_err(unreadable)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limits::COMPONENT_BYTES {
        return Err(Error::Config(format!(
            "plugin {plugin}: {} has more than the {} bytes that a component may have",
            path.display(),
            limits::COMPONENT_BYTES
        )));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_locked_file_is_what_its_digest_says_or_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sha256-x.wasm");
        std::fs::write(&path, b"abc").unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        for digest in [
            abc.to_owned(),
            format!("sha256:{abc}"),
            format!("sha256:{}", abc.to_uppercase()),
        ] {
            let plugin = InstalledPlugin::locked("loki", &path, &digest, None);
            let (bytes, found) = plugin.current().read("loki").await.unwrap();
            assert_eq!((bytes.as_ref(), found.as_str()), (&b"abc"[..], abc));
        }
        std::fs::write(&path, b"abd").unwrap();
        let plugin = InstalledPlugin::locked("loki", &path, abc, None);
        let error = plugin.current().read("loki").await.unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains(&format!("expected sha256:{abc}, found sha256:a52d159f")),
            "{error}"
        );
        assert!(
            error.contains("sha256-x.wasm is not the component that was locked"),
            "{error}"
        );
        std::fs::remove_file(&path).unwrap();
        let error = plugin.current().read("loki").await.unwrap_err().to_string();
        assert!(error.contains("cannot be read"), "{error}");
    }

    #[tokio::test]
    async fn a_file_in_development_is_what_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.wasm");
        let plugin = InstalledPlugin::development("mine", &path);
        let mut digests = Vec::new();
        for text in ["a", "b"] {
            std::fs::write(&path, text).unwrap();
            digests.push(plugin.current().digest("mine").await.unwrap());
        }
        assert_ne!(digests[0], digests[1]);
    }
}
