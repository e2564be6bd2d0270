//! Cases as text: `== title`, a query, then what is expected of it, in parts that begin with `-- name`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};

/// One case.
pub struct Case {
    pub title: String,
    pub query: String,
    pub expected: String,
}

/// The cases of a text.
pub fn parse(text: &str) -> Vec<Case> {
    text.split("\n== ")
        .map(|part| part.trim_start_matches("== "))
        .filter(|part| !part.trim().is_empty() && !part.starts_with("//"))
        .map(|part| {
            let (title, rest) = part.split_once('\n').unwrap();
            let (query, expected) = rest
                .split_once("\n-- ")
                .map_or((rest, String::new()), |(query, expected)| {
                    (query, format!("-- {expected}"))
                });
            Case {
                title: title.to_owned(),
                query: query.trim().to_owned(),
                expected: expected.trim().to_owned(),
            }
        })
        .collect()
}

/// The files of a folder beside the tests, by their names.
#[allow(
    dead_code,
    reason = "not every test that shares this file has a folder of cases"
)]
pub fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

/// Collects what differs, and rewrites the files where `UPDATE_EXPECT` asks for it.
pub struct Report {
    update: bool,
    failures: Vec<String>,
}

impl Report {
    pub fn new() -> Self {
        Self {
            update: std::env::var_os("UPDATE_EXPECT").is_some(),
            failures: Vec::new(),
        }
    }

    /// What came of the cases of a file.
    pub fn file(&mut self, path: &Path, results: Vec<(Case, String)>) {
        assert!(!results.is_empty(), "{} holds no case", path.display());
        let mut rewritten = Vec::new();
        for (case, got) in results {
            if got != case.expected {
                self.failures.push(format!(
                    "{}: {}\n{}\n\nexpected\n{}\n\ngot\n{got}",
                    path.display(),
                    case.title,
                    case.query,
                    case.expected
                ));
            }
            rewritten.push(format!("== {}\n{}\n{got}\n", case.title, case.query));
        }
        if self.update {
            std::fs::write(path, rewritten.join("\n")).unwrap();
        }
    }

    /// Fails when something differed.
    pub fn finish(self) {
        assert!(
            self.update || self.failures.is_empty(),
            "{} cases differ\n\n{}",
            self.failures.len(),
            self.failures.join("\n\n")
        );
    }
}
