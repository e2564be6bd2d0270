//! The lock file `plugins.lock.json`: which components may load, under which names. It is read whole and checked whole; what is
//! wrong is told all at once, and what a newer trawl wrote is left alone.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::error::Error;
use crate::limits;
use crate::plain::plain;
use crate::release::{Release, wider};

/// The format that is written here, and the newest that is read.
const FORMAT: u64 = 1;

/// What is installed, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    entries: BTreeMap<String, Entry>,
}

/// One installed plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The name in queries and inventories, whatever the component calls itself.
    pub name: String,
    /// The version that serves.
    pub installed: Release,
    /// A newer one that declares more: it serves once all that it declares is granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Release>,
    /// Whether what the newer one declares and no grant names was accepted: headers, kinds of endpoints.
    #[serde(default, skip_serializing_if = "is_no")]
    pub accepted: bool,
}

/// As serde asks it.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_no(accepted: &bool) -> bool {
    !accepted
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: u64,
    plugins: Vec<Entry>,
}

/// The one key that every format has.
#[derive(Deserialize)]
#[serde(expecting = "a lock file of plugins: an object with `format` and `plugins`")]
struct Format {
    format: u64,
}

impl Lock {
    /// The installed plugins, by name.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// What is installed under this name.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    pub(crate) fn set(&mut self, entry: Entry) {
        self.entries.insert(entry.name.clone(), entry);
    }

    pub(crate) fn take(&mut self, name: &str) -> Option<Entry> {
        self.entries.remove(name)
    }

    /// Every version that it names.
    pub(crate) fn releases(&self) -> impl Iterator<Item = &Release> {
        self.entries()
            .flat_map(|entry| std::iter::once(&entry.installed).chain(&entry.next))
    }

    /// Reads the text of a lock file; `path` is for messages.
    ///
    /// # Errors
    /// Everything that is wrong with it, or that a newer trawl wrote it.
    pub fn parse(text: &[u8], path: &Path) -> Result<Self, Error> {
        let invalid = |problems| Error::Lock {
            path: path.to_owned(),
            problems,
        };
        let wrong = |error: serde_json::Error| invalid(vec![plain(&error.to_string())]);
        // The format comes first: what a newer trawl wrote has keys that are not known here.
        let Format { format } = serde_json::from_slice(text).map_err(wrong)?;
        if format > FORMAT {
            return Err(Error::Newer {
                path: path.to_owned(),
                found: format,
                known: FORMAT,
            });
        }
        let document: Document = serde_json::from_slice(text).map_err(wrong)?;
        let mut problems = Vec::new();
        if document.format != FORMAT {
            problems.push(format!("expected `format` {FORMAT}, got {format}"));
        }
        if document.plugins.len() > limits::PLUGINS {
            problems.push(format!(
                "expected at most {} plugins, got {}",
                limits::PLUGINS,
                document.plugins.len()
            ));
        }
        let mut lock = Self::default();
        for entry in document.plugins {
            entry.check(&mut problems);
            if lock.get(&entry.name).is_some() {
                problems.push(format!("{}: named twice", plain(&entry.name)));
            }
            lock.set(entry);
        }
        if problems.is_empty() {
            Ok(lock)
        } else {
            Err(invalid(problems))
        }
    }

    /// The text of the lock file: sorted by name, so that it reads well as a difference.
    ///
    /// # Errors
    /// None that is known: there is nothing in it that JSON cannot say.
    pub fn text(&self) -> Result<String, serde_json::Error> {
        let document = Document {
            format: FORMAT,
            plugins: self.entries().cloned().collect(),
        };
        serde_json::to_string_pretty(&document).map(|text| text + "\n")
    }
}

impl Entry {
    /// With the newer version as the installed one, where that is what serves.
    pub(crate) fn promoted(self, serving: Option<&Digest>) -> Self {
        match self.next {
            Some(next) if Some(&next.digest) == serving => Self {
                name: self.name,
                installed: next,
                next: None,
                accepted: false,
            },
            next => Self { next, ..self },
        }
    }

    /// What the newer version declares that no grant names and that nobody accepted: it does not serve before somebody did.
    pub fn unaccepted(&self) -> Vec<String> {
        match &self.next {
            Some(next) if !self.accepted => {
                wider(&self.installed.endpoints, &next.endpoints).others
            }
            _ => Vec::new(),
        }
    }

    fn check(&self, problems: &mut Vec<String>) {
        problems.extend(check_name(&self.name).err());
        for it in std::iter::once(&self.installed).chain(&self.next) {
            for (what, text) in [("version", &it.version), ("contract", &it.contract)] {
                let letter = |byte: u8| byte.is_ascii_alphanumeric() || b".-+".contains(&byte);
                if text.is_empty() || text.len() > limits::NAME_BYTES || !text.bytes().all(letter) {
                    problems.push(format!(
                        "{}: expected a `{what}` like 0.1.0, got `{}`",
                        plain(&self.name),
                        plain(text)
                    ));
                }
            }
        }
    }
}

/// Whether a plugin can have this name: lower-case letters, digits and hyphens, a letter first.
///
/// # Errors
/// It cannot; the text says the rule.
pub fn check_name(name: &str) -> Result<(), String> {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let good = name.len() <= limits::NAME_BYTES
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.ends_with('-')
        && name.bytes().all(letter);
    if good {
        return Ok(());
    }
    Err(format!(
        "expected a plugin's name of lower-case letters, digits and hyphens, a letter first and no hyphen last, at most {} of them, got `{}`",
        limits::NAME_BYTES,
        plain(name)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn read(text: &str) -> Result<Lock, String> {
        Lock::parse(text.as_bytes(), Path::new("plugins.lock.json")).map_err(|it| it.to_string())
    }

    fn plugin(name: &str, more: &str) -> String {
        format!(
            r#"{{"name": "{name}", "installed": {{"version": "1.0.0", "digest": "{DIGEST}", "size": 1, "contract": "0.1", "source": "s", "endpoints": {{}}}}{more}}}"#
        )
    }

    #[test]
    fn what_is_written_is_read_again() {
        let next = format!(
            r#", "next": {{"version": "2.0.0", "digest": "{DIGEST}", "size": 2, "contract": "0.1", "source": "t", "endpoints": {{"api": {{"kind": "http", "operations": ["GET /a"], "request_headers": ["X-A"]}}}}}}, "accepted": true"#
        );
        let text = format!(
            r#"{{"format": 1, "plugins": [{}, {}]}}"#,
            plugin("b", &next),
            plugin("a", "")
        );
        let lock = read(&text).unwrap();
        let names: Vec<&str> = lock.entries().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(lock.releases().count(), 3);
        assert_eq!(read(&lock.text().unwrap()).unwrap(), lock);
        assert_eq!(read(r#"{"format": 1, "plugins": []}"#), Ok(Lock::default()));
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let text = format!(
            r#"{{"format": 1, "plugins": [{}, {}, {}, {}, {}, {}]}}"#,
            plugin("a", ""),
            plugin("a", ""),
            plugin("../x", ""),
            plugin("d\\u0007e", ""),
            plugin("d\\u0007e", ""),
            plugin("c", "").replace("1.0.0", "\\u001b[2J"),
        );
        let message = read(&text).unwrap_err();
        for part in [
            "plugins.lock.json is not valid:",
            "a: named twice",
            "got `../x`",
            "c: expected a `version` like 0.1.0, got ` [2J`",
            "got `d e`",
            "d e: named twice",
            "move it away",
        ] {
            assert!(message.contains(part), "{part}: {message}");
        }
    }

    #[test]
    fn a_newer_format_is_told_apart_from_a_broken_one() {
        let newer = read(r#"{"format": 2, "packages": {}}"#).unwrap_err();
        assert_eq!(
            newer,
            "plugins.lock.json has format 2; this trawl reads format 1: use a newer trawl, which reads both"
        );
        let digest = format!(r#"{{"format": 1, "plugins": [{}]}}"#, plugin("a", ""));
        let digest = digest.replace("sha256:e3", "sha256:zz");
        for (broken, part) in [
            ("", "EOF while parsing"),
            ("[]", "expected a lock file of plugins"),
            (r#"{"plugins": []}"#, "missing field `format`"),
            (
                r#"{"format": 0, "plugins": []}"#,
                "expected `format` 1, got 0",
            ),
            (
                r#"{"format": 1, "plugins": [], "x": 1}"#,
                "unknown field `x`",
            ),
            (
                r#"{"format": 1, "plugins": [{"name": "a"}]}"#,
                "missing field `installed`",
            ),
            (&digest, "expected a digest: `sha256:` and 64"),
            ("\0\0\0", "line 1 column 1"),
        ] {
            let message = read(broken).unwrap_err();
            assert!(message.contains(part), "{broken}: {message}");
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_none() {
        for name in ["loki", "a", "s3-logs", "x2"] {
            assert_eq!(check_name(name), Ok(()));
        }
        let long = "a".repeat(65);
        for name in [
            "", "Loki", "2x", "-x", "x-", "a.b", "a/b", "a b", "ü", "a_b", &long,
        ] {
            let problem = check_name(name).unwrap_err();
            assert!(problem.contains("lower-case letters"), "{problem}");
        }
    }
}
