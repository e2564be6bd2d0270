//! Reads the case files: a query and what comes of it, side by side.

use std::path::{Path, PathBuf};

/// One case of a file.
pub struct Case {
    pub title: String,
    pub query: String,
    pub expected: String,
}

/// Where a case file is.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cases")
        .join(name)
}

/// The cases of a file: `=== title`, the query, `---`, what comes of it.
pub fn read(name: &str) -> Vec<Case> {
    let text = std::fs::read_to_string(path(name)).unwrap();
    let mut cases = Vec::new();
    for part in format!("\n{text}").split("\n=== ").skip(1) {
        let (title, rest) = part.split_once('\n').unwrap();
        let (query, expected) = rest.split_once("\n---\n").unwrap_or((rest, ""));
        cases.push(Case {
            title: title.to_owned(),
            query: query.to_owned(),
            expected: expected.trim_end().to_owned(),
        });
    }
    cases
}
