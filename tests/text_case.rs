//! Files of cases beside these tests, in the format that plugins' projects have too, and what came of them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};

pub use trawl_conformance::case::{Case, parse};

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
