//! A folder of cached entries that only this user can read or write. An entry that is damaged, or that anyone
//! else could have written, is never given out; what is beyond the folder's capacity goes, the oldest first.

use std::fs::{self, DirBuilder, Metadata};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

/// Length of a SHA-256 digest, which stands before the content of each entry.
const DIGEST_BYTES: usize = 32;
/// Permissions of the folder: nobody else may even look.
const FOLDER_MODE: u32 = 0o700;
/// The ending of a file that is still being written, or was when its process ended.
const UNFINISHED: &str = "part";

/// How much a folder may hold.
#[derive(Debug, Clone, Copy)]
pub struct Capacity {
    /// Files.
    pub entries: usize,
    /// Bytes of all files; no entry is larger either.
    pub bytes: u64,
}

/// Entries of one kind, by name. Several processes may use one folder at the same time.
#[derive(Debug)]
pub struct PrivateFolder {
    path: PathBuf,
    extension: &'static str,
    capacity: Capacity,
}

impl PrivateFolder {
    /// Uses the folder, which is made if need be. Its entries have this ending; files with others are left alone.
    ///
    /// # Errors
    /// It cannot be made, or others than this user may enter it.
    pub fn open(
        path: PathBuf,
        extension: &'static str,
        capacity: Capacity,
    ) -> io::Result<PrivateFolder> {
        DirBuilder::new()
            .recursive(true)
            .mode(FOLDER_MODE)
            .create(&path)?;
        let metadata = fs::symlink_metadata(&path)?;
        if !metadata.is_dir() || !is_ours_alone(&metadata) {
            return Err(io::Error::other(format!(
                "expected a folder of this user with mode 700, found owner {} and mode {:o}; remove it, or run `chmod 700` on it",
                metadata.uid(),
                metadata.mode() & 0o7777
            )));
        }
        Ok(PrivateFolder {
            path,
            extension,
            capacity,
        })
    }

    /// The content of an entry that is ours and whole; a damaged one is removed.
    #[must_use]
    pub fn read(&self, name: &str) -> Option<Vec<u8>> {
        let path = self.entry(name)?;
        let metadata = fs::symlink_metadata(&path).ok()?;
        if !metadata.is_file() || !is_ours_alone(&metadata) {
            tracing::warn!(entry = %path.display(), "a cached entry with foreign owner or permissions is not used");
            return None;
        }
        if metadata.len() > self.capacity.bytes {
            return None;
        }
        let mut bytes = fs::read(&path).ok()?;
        let whole = bytes
            .split_at_checked(DIGEST_BYTES)
            .is_some_and(|(digest, content)| Sha256::digest(content).as_slice() == digest);
        if !whole {
            tracing::warn!(entry = %path.display(), "a damaged cached entry is removed");
            let _ = fs::remove_file(&path);
            return None;
        }
        bytes.drain(..DIGEST_BYTES);
        Some(bytes)
    }

    /// Writes an entry so that readers see all of it or nothing, then drops the oldest beyond the capacity.
    ///
    /// # Errors
    /// It cannot be written, the name is no plain one, or the content is larger than the folder may be.
    pub fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let refused = |why: &str| io::Error::new(io::ErrorKind::InvalidInput, why.to_owned());
        let path = self.entry(name).ok_or_else(|| {
            refused("expected a name of letters, digits, `-` and `_` for a cached entry")
        })?;
        let size = content.len().saturating_add(DIGEST_BYTES);
        if u64::try_from(size).unwrap_or(u64::MAX) > self.capacity.bytes {
            return Err(refused("the entry is larger than its folder may be"));
        }
        // `tempfile` makes files with mode 600.
        let mut file = tempfile::Builder::new()
            .suffix(&format!(".{UNFINISHED}"))
            .tempfile_in(&self.path)?;
        file.write_all(&Sha256::digest(content))?;
        file.write_all(content)?;
        file.persist(path)?;
        self.trim()
    }

    /// Where an entry lies. A name that could lead elsewhere has no place.
    fn entry(&self, name: &str) -> Option<PathBuf> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (!name.is_empty() && name.bytes().all(plain))
            .then(|| self.path.join(format!("{name}.{}", self.extension)))
    }

    fn trim(&self) -> io::Result<()> {
        let mut files: Vec<(SystemTime, PathBuf, u64)> = fs::read_dir(&self.path)?
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let metadata = entry.metadata().ok()?;
                Some((metadata.modified().ok()?, entry.path(), metadata.len()))
            })
            .filter(|(_, path, _)| self.is_ours(path))
            .collect();
        files.sort();
        let mut entries = files.len();
        let mut bytes = files
            .iter()
            .fold(0_u64, |sum, (_, _, size)| sum.saturating_add(*size));
        for (_, path, size) in files {
            if entries <= self.capacity.entries && bytes <= self.capacity.bytes {
                break;
            }
            match fs::remove_file(path) {
                // Another process was first.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                other => other?,
            }
            entries = entries.saturating_sub(1);
            bytes = bytes.saturating_sub(size);
        }
        Ok(())
    }

    /// Entries, and what was left of them when a process ended in the middle of writing.
    fn is_ours(&self, path: &Path) -> bool {
        path.extension()
            .is_some_and(|extension| extension == self.extension || extension == UNFINISHED)
    }
}

fn is_ours_alone(metadata: &Metadata) -> bool {
    metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode() & 0o077 == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    const SMALL: Capacity = Capacity {
        entries: 3,
        bytes: 200,
    };

    /// A fresh folder with the entry `a` in it.
    fn filled() -> (tempfile::TempDir, PrivateFolder, PathBuf) {
        let parent = tempfile::tempdir().unwrap();
        let folder = PrivateFolder::open(parent.path().join("cache"), "x", SMALL).unwrap();
        folder.write("a", b"content").unwrap();
        let entry = parent.path().join("cache").join("a.x");
        (parent, folder, entry)
    }

    fn names(folder: &PrivateFolder) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(&folder.path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Makes a file older than every other, without waiting.
    fn age(path: &Path, hours: u64) {
        let then = SystemTime::now() - Duration::from_secs(hours * 3_600);
        fs::File::options()
            .append(true)
            .open(path)
            .unwrap()
            .set_modified(then)
            .unwrap();
    }

    #[test]
    fn an_entry_comes_back_and_is_for_this_user_alone() {
        let (parent, folder, entry) = filled();
        assert_eq!(folder.read("a").unwrap(), b"content");
        assert_eq!(folder.read("b"), None);
        assert_eq!(fs::metadata(&entry).unwrap().mode() & 0o777, 0o600);
        let mode = fs::metadata(parent.path().join("cache")).unwrap().mode();
        assert_eq!(mode & 0o777, 0o700);
        folder.write("a", b"other").unwrap();
        assert_eq!(folder.read("a").unwrap(), b"other");
        assert_eq!(names(&folder), ["a.x"]);
    }

    #[test]
    fn damage_anywhere_is_noticed_and_the_entry_dropped() {
        let (_parent, folder, entry) = filled();
        let whole = fs::read(&entry).unwrap();
        let last = whole.len() - 1;
        for position in [0, DIGEST_BYTES, last] {
            let mut damaged = whole.clone();
            damaged[position] ^= 1;
            fs::write(&entry, &damaged).unwrap();
            fs::set_permissions(&entry, fs::Permissions::from_mode(0o600)).unwrap();
            assert_eq!(folder.read("a"), None, "byte {position}");
            assert!(!entry.exists());
        }
        for length in [0, 10, DIGEST_BYTES, last] {
            folder.write("a", b"content").unwrap();
            let file = fs::File::options().write(true).open(&entry).unwrap();
            file.set_len(u64::try_from(length).unwrap()).unwrap();
            assert_eq!(folder.read("a"), None, "cut to {length}");
        }
    }

    #[test]
    fn what_others_could_have_written_is_not_trusted() {
        let (parent, folder, entry) = filled();
        fs::set_permissions(&entry, fs::Permissions::from_mode(0o620)).unwrap();
        assert_eq!(folder.read("a"), None);
        fs::set_permissions(&entry, fs::Permissions::from_mode(0o600)).unwrap();
        let elsewhere = parent.path().join("elsewhere");
        fs::rename(&entry, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &entry).unwrap();
        assert_eq!(folder.read("a"), None, "a link");
        let open = parent.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
        let error = PrivateFolder::open(open, "x", SMALL).unwrap_err();
        assert!(error.to_string().contains("mode 755"), "{error}");
    }

    #[test]
    fn a_name_leads_nowhere_else() {
        let (_parent, folder, _) = filled();
        for name in ["", "..", "a/b", "../a", "a.x", "a\0", "/etc/passwd", "ü"] {
            assert_eq!(folder.read(name), None, "{name:?}");
            assert!(folder.write(name, b"x").is_err(), "{name:?}");
        }
        assert_eq!(names(&folder), ["a.x"]);
    }

    #[test]
    fn the_oldest_go_first_by_number_and_by_size() {
        let (_parent, folder, entry) = filled();
        age(&entry, 3);
        let unfinished = folder.path.join(".tmp.part");
        fs::write(&unfinished, "cut").unwrap();
        age(&unfinished, 2);
        fs::write(folder.path.join("foreign.y"), vec![0; 500]).unwrap();
        folder.write("b", b"b").unwrap();
        age(&folder.path.join("b.x"), 1);
        folder.write("c", b"c").unwrap();
        assert_eq!(names(&folder), [".tmp.part", "b.x", "c.x", "foreign.y"]);
        folder.write("d", &[0; 100]).unwrap();
        assert_eq!(names(&folder), ["b.x", "c.x", "d.x", "foreign.y"]);
        // 132 bytes more than 200: both the number and the bytes count.
        age(&folder.path.join("c.x"), 1);
        folder.write("e", &[0; 150]).unwrap();
        assert_eq!(names(&folder), ["e.x", "foreign.y"]);
        assert!(
            folder.write("f", &[0; 200]).is_err(),
            "larger than the folder"
        );
        assert_eq!(folder.read("e").unwrap().len(), 150);
    }
}
