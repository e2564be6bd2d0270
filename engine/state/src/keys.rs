//! The file with the key that secrets are sealed with: made for its owner alone on first use, refused where others may read it.
//!
//! A line is a key's name and the key. The first is used; others are there while a rotation has not sealed everything anew.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::error::Error;
use crate::limits::MAX_KEY_FILE_BYTES;
use crate::seal::{KEY_BYTES, Key};

const HEAD: &str = "# Seals what is secret in trawl's state database. Without it registered clusters cannot be reached.\n";

/// A key file. It is read anew at each use, since another process may rotate it.
#[derive(Debug, Clone)]
pub struct KeyFile {
    path: PathBuf,
}

/// The right to seal, or with `alone` the right to rotate: no process rotates while another one seals.
pub(crate) struct Held(#[expect(dead_code, reason = "the lock ends with the file")] File);

impl KeyFile {
    /// The file at this path, which need not exist.
    pub fn at(path: &Path) -> KeyFile {
        KeyFile {
            path: path.to_owned(),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until no other process rotates, or with `alone` until none seals.
    ///
    /// # Errors
    /// The lock's file cannot be made.
    pub(crate) fn hold(&self, alone: bool) -> Result<Held, Error> {
        self.make_folder()?;
        let path = self.path.with_extension("lock");
        let file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(|error| self.wrong(&error.to_string()))?;
        let locked = if alone {
            file.lock()
        } else {
            file.lock_shared()
        };
        locked.map_err(|error| self.wrong(&error.to_string()))?;
        Ok(Held(file))
    }

    /// The key that seals; made where there is none yet.
    ///
    /// # Errors
    /// The file cannot be made or read, or others may read it.
    pub(crate) fn current(&self) -> Result<Key, Error> {
        loop {
            if let Some(key) = self.all()?.into_iter().next() {
                return Ok(key);
            }
            self.create()?;
        }
    }

    /// All keys, the one that seals first; none where there is no file.
    ///
    /// # Errors
    /// The file cannot be read, holds something else, or others may read it.
    pub(crate) fn all(&self) -> Result<Vec<Key>, Error> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.wrong(&error.to_string())),
        };
        let metadata = file
            .metadata()
            .map_err(|error| self.wrong(&error.to_string()))?;
        if !metadata.is_file() {
            return Err(self.wrong("expected a file"));
        }
        if metadata.mode() & 0o077 != 0 {
            let mode = metadata.mode() & 0o777;
            return Err(self.wrong(&format!(
                "others than its owner may read it (mode {mode:o}): `chmod 600` it, and rotate the key if somebody may have"
            )));
        }
        let mut text = String::new();
        file.take(MAX_KEY_FILE_BYTES)
            .read_to_string(&mut text)
            .map_err(|_| self.wrong("expected text below 16 KiB"))?;
        let lines = text.lines().enumerate();
        let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let keys: Vec<Key> = lines
            .map(|(at, line)| {
                read(line).ok_or_else(|| {
                    let line = at + 1;
                    self.wrong(&format!(
                        "line {line}: expected a key's name and the key that it names, found something else"
                    ))
                })
            })
            .collect::<Result<_, _>>()?;
        if keys.is_empty() {
            return Err(self.wrong("there is no key in it; put a copy of it back, or remove it to begin with another key"));
        }
        Ok(keys)
    }

    /// Puts these keys in place of those that are there, at once and on disk.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn replace(&self, keys: &[Key]) -> Result<(), Error> {
        let file = self.written(keys)?;
        file.persist(&self.path)
            .map_err(|error| self.wrong(&error.error.to_string()))?;
        self.sync_folder()
    }

    /// Makes the file with a new key, unless another process does it first.
    fn create(&self) -> Result<(), Error> {
        self.make_folder()?;
        match self
            .written(&[Key::generate()])?
            .persist_noclobber(&self.path)
        {
            Ok(_) => self.sync_folder(),
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(self.wrong(&error.error.to_string())),
        }
    }

    /// A file beside it with these keys, on disk, which its owner alone can read.
    fn written(&self, keys: &[Key]) -> Result<tempfile::NamedTempFile, Error> {
        let write = || {
            let mut file = tempfile::NamedTempFile::new_in(self.folder())?;
            file.write_all(HEAD.as_bytes())?;
            for key in keys {
                file.write_all(key.line().as_bytes())?;
            }
            file.as_file().sync_all()?;
            Ok(file)
        };
        write().map_err(|error: std::io::Error| self.wrong(&error.to_string()))
    }

    fn folder(&self) -> &Path {
        let parent = self.path.parent();
        parent
            .filter(|it| !it.as_os_str().is_empty())
            .unwrap_or(Path::new("."))
    }

    fn make_folder(&self) -> Result<(), Error> {
        let mut builder = std::fs::DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(self.folder());
        made.map_err(|error| self.wrong(&error.to_string()))
    }

    /// The name of a new file is on disk when its folder is.
    fn sync_folder(&self) -> Result<(), Error> {
        let synced = File::open(self.folder()).and_then(|folder| folder.sync_all());
        synced.map_err(|error| self.wrong(&error.to_string()))
    }

    fn wrong(&self, why: &str) -> Error {
        Error::Key {
            path: self.path.clone(),
            why: why.to_owned(),
        }
    }
}

/// A key, if the line is one and its name fits it.
fn read(line: &str) -> Option<Key> {
    let (id, key) = line.split_once(' ')?;
    let bytes: [u8; KEY_BYTES] = STANDARD.decode(key.trim()).ok()?.try_into().ok()?;
    let key = Key::of(bytes);
    (key.id == id).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn it_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::at(&folder.path().join("new/state.key"));
        assert_eq!(file.all().unwrap(), []);
        let key = file.current().unwrap();
        assert_eq!(file.current().unwrap(), key);
        let mode = std::fs::metadata(file.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let folder_mode = std::fs::metadata(file.folder())
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(folder_mode & 0o777, 0o700);
    }

    #[test]
    fn what_others_may_read_and_what_holds_no_key_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.key");
        let file = KeyFile::at(&path);
        file.current().unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
        let error = file.current().unwrap_err().to_string();
        assert!(error.contains("mode 640"), "{error}");
        for wrong in ["", "# only words\n", "0123 AAAA\n", "x\n"] {
            std::fs::write(&path, wrong).unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
            let error = file.current().unwrap_err();
            assert!(matches!(error, Error::Key { .. }), "{error}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), wrong);
        }
    }
}
