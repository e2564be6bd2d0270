//! Folders of saved queries: those that come with trawl, and those of a user, which come before them.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use include_dir::{Dir, include_dir};

use crate::limits;
use crate::query::SavedQuery;

/// What comes with trawl.
static BUNDLED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../queries");
/// What a file of a saved query ends with.
const EXTENSION: &str = "trawl";

/// Saved queries by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Library {
    queries: BTreeMap<String, SavedQuery>,
}

/// A file that is no saved query. The others are there without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong, a line each.
    pub lines: Vec<String>,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.lines.join("; "))
    }
}

impl Library {
    /// What comes with trawl.
    pub fn bundled() -> &'static Self {
        static READ: LazyLock<Library> = LazyLock::new(Library::read_bundled);
        &READ
    }

    fn read_bundled() -> Self {
        let mut library = Self::default();
        let mut folders = vec![&BUNDLED];
        while let Some(folder) = folders.pop() {
            folders.extend(folder.dirs());
            for file in folder.files() {
                let text = file.contents_utf8().unwrap_or_default();
                // A test reads each of them: there is no problem to tell.
                if let Ok(query) = name(file.path()).map(|name| SavedQuery::read(&name, text))
                    && let Ok(query) = query
                {
                    library.queries.insert(query.name.clone(), query);
                }
            }
        }
        library
    }

    /// The same, with the queries of a folder before those that are there. Hidden files are left alone: Kubernetes mounts
    /// configuration through them. A file that says what `before` has of it is not parsed again: servers look at a folder all the
    /// time. What cannot be read now and could before stays what it was: half-written files resolve no alert.
    pub fn with_folder(mut self, folder: &Path, before: &Self) -> (Self, Vec<Problem>) {
        let Found {
            files,
            mut problems,
            unread,
        } = files(folder);
        for file in files {
            let relative = file.strip_prefix(folder).unwrap_or(&file);
            let name = name(relative);
            let known = name.as_ref().ok().and_then(|name| before.get(name));
            let read = name.map_err(|line| vec![line]).and_then(|name| {
                let text = text(&file).map_err(|line| vec![line])?;
                match known.filter(|it| it.text == text) {
                    Some(query) => Ok(query.clone()),
                    None => SavedQuery::read(&name, &text),
                }
            });
            match read {
                Ok(query) => {
                    self.queries.insert(query.name.clone(), query);
                }
                Err(lines) => {
                    // Somebody is at it: until it is one again, it is what it was.
                    self.queries
                        .extend(known.map(|it| (it.name.clone(), it.clone())));
                    problems.push(Problem { path: file, lines });
                }
            }
        }
        for unread in unread {
            let relative = unread.strip_prefix(folder).unwrap_or(&unread);
            let parts = relative.iter().filter_map(OsStr::to_str);
            let prefix: String = parts.map(|part| format!("{part}.")).collect();
            for query in before.queries().filter(|it| it.name.starts_with(&prefix)) {
                let known = self.queries.entry(query.name.clone());
                known.or_insert_with(|| query.clone());
            }
        }
        (self, problems)
    }

    /// Some of them.
    #[must_use]
    pub fn only(&self, keep: impl Fn(&SavedQuery) -> bool) -> Self {
        let kept = self.queries.iter().filter(|(_, query)| keep(query));
        Self {
            queries: kept
                .map(|(name, query)| (name.clone(), query.clone()))
                .collect(),
        }
    }

    /// All of them, by name.
    pub fn queries(&self) -> impl Iterator<Item = &SavedQuery> {
        self.queries.values()
    }

    /// The query of this name.
    pub fn get(&self, name: &str) -> Option<&SavedQuery> {
        self.queries.get(name)
    }

    /// A name that somebody may have meant.
    pub fn near(&self, name: &str) -> Option<&str> {
        trawl_lang::nearest(name, self.queries.keys().map(String::as_str))
    }
}

/// What is below a folder.
struct Found {
    /// In a stable order.
    files: Vec<PathBuf>,
    problems: Vec<Problem>,
    /// Folders that could not be looked into: what is in them is not known to be gone.
    unread: Vec<PathBuf>,
}

/// The files below a folder, and what could not be looked at.
fn files(folder: &Path) -> Found {
    let (mut files, mut problems, mut unread) = (Vec::new(), Vec::new(), Vec::new());
    let mut folders = vec![(folder.to_owned(), 0)];
    'folders: while let Some((folder, depth)) = folders.pop() {
        let mut problem = |path: &Path, line: String| {
            problems.push(Problem {
                path: path.to_owned(),
                lines: vec![line],
            });
        };
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                problem(&folder, format!("cannot be read: {error}"));
                unread.push(folder);
                continue;
            }
        };
        for entry in entries.flatten() {
            let path = entry.path();
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            if path.is_dir() {
                if depth + 1 < limits::DEPTH {
                    folders.push((path, depth + 1));
                } else {
                    problem(&path, format!("is deeper than {} folders", limits::DEPTH));
                }
            } else if path.extension() == Some(OsStr::new(EXTENSION)) {
                if files.len() == limits::FILES {
                    problem(
                        &path,
                        format!(
                            "expected at most {} saved queries in a folder",
                            limits::FILES
                        ),
                    );
                    break 'folders;
                }
                files.push(path);
            }
        }
    }
    files.sort();
    Found {
        files,
        problems,
        unread,
    }
}

/// The text of a file.
fn text(path: &Path) -> Result<String, String> {
    let mut text = String::new();
    let open = std::fs::File::open(path);
    let read = open.and_then(|file| file.take(limits::FILE_BYTES + 1).read_to_string(&mut text));
    match read {
        Err(error) => Err(format!("cannot be read: {error}")),
        Ok(_) if text.len() as u64 > limits::FILE_BYTES => {
            Err(format!("expected at most {} bytes", limits::FILE_BYTES))
        }
        Ok(_) => Ok(text),
    }
}

/// The name of a file below its folder: `nodes/not-ready.trawl` is `nodes.not-ready`.
fn name(path: &Path) -> Result<String, String> {
    let plain = |part: &str| {
        let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !part.is_empty() && part.bytes().all(letter) && !part.starts_with('-')
    };
    let stem = path.with_extension("");
    let parts: Option<Vec<&str>> = stem.iter().map(OsStr::to_str).collect();
    let parts = parts.filter(|parts| !parts.is_empty() && parts.iter().all(|part| plain(part)));
    parts.map(|parts| parts.join(".")).ok_or_else(|| {
        "expected file and folders to be named of lower-case letters, digits and hyphens, as in nodes/not-ready.trawl".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_query_that_comes_with_trawl_is_one() {
        let mut folders = vec![&BUNDLED];
        let mut count = 0;
        while let Some(folder) = folders.pop() {
            folders.extend(folder.dirs());
            for file in folder.files() {
                let name = name(file.path()).unwrap();
                let text = file.contents_utf8().unwrap();
                SavedQuery::read(&name, text).unwrap();
                count += 1;
            }
        }
        let bundled = Library::bundled();
        assert_eq!(bundled.queries().count(), count);
        assert!(count > 0);
    }

    #[test]
    fn a_folder_comes_before_what_is_bundled_and_its_mistakes_stay_alone() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("mine/one.trawl", "/// One.\nprint x = 1\n");
        write("Mine.trawl", "/// One.\nprint x = 1\n");
        write("broken.trawl", "/// One.\nprint x =\n");
        write("..data/hidden.trawl", "");
        write("notes.txt", "");
        write("a/b/c/d/e/f/g.trawl", "/// Deep.\nprint x = 1\n");
        let (library, problems) =
            Library::default().with_folder(folder.path(), &Library::default());
        let names: Vec<&str> = library.queries().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["mine.one"]);
        assert_eq!(problems.len(), 3, "{problems:?}");
        write("mine/one.trawl", "/// Two.\nprint x = 2\n");
        let (changed, _) = Library::default().with_folder(folder.path(), &library);
        assert_eq!(changed.get("mine.one").unwrap().title, "Two.");
        let (same, again) = Library::default().with_folder(folder.path(), &changed);
        assert_eq!((same, &again), (changed, &problems));
        assert!(problems.iter().all(|it| !it.lines.is_empty()));
        assert_eq!(library.near("mine.on"), Some("mine.one"));
        write("mine/one.trawl", "/// Three.\nprint x =\n");
        let (kept, problems) = Library::default().with_folder(folder.path(), &library);
        assert_eq!(kept.get("mine.one"), library.get("mine.one"));
        assert_eq!(problems.len(), 4);
        std::fs::remove_file(folder.path().join("mine/one.trawl")).unwrap();
        let (gone, _) = Library::default().with_folder(folder.path(), &kept);
        assert_eq!(gone.get("mine.one"), None);
        let nowhere = folder.path().join("nowhere");
        let (unread, problems) = Library::default().with_folder(&nowhere, &library);
        assert_eq!(unread.get("mine.one"), library.get("mine.one"));
        assert!(
            problems[0].to_string().contains("cannot be read"),
            "{problems:?}"
        );
    }
}
