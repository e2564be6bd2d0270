//! Reads the case files: a query and what comes of it, side by side.

// Each test file is a crate of its own and uses what it needs.
#![allow(dead_code)]

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

/// Compares every case of `tests/cases/<name>` with what `outcome` makes of it now; `UPDATE_EXPECT=1` rewrites the file.
pub fn check(name: &str, outcome: impl Fn(&str) -> String) {
    let cases = read(name);
    assert!(!cases.is_empty(), "{name} holds no case");
    let mut rewritten = String::new();
    let mut wrong = Vec::new();
    for case in &cases {
        let actual = outcome(&case.query);
        if actual != case.expected {
            wrong.push(format!(
                "{}\nexpected:\n{}\nactual:\n{actual}\n",
                case.title, case.expected
            ));
        }
        rewritten += &format!("=== {}\n{}\n---\n{actual}\n\n", case.title, case.query);
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path(name), rewritten.trim_end().to_owned() + "\n").unwrap();
    } else {
        assert!(
            wrong.is_empty(),
            "{name}, {} wrong:\n{}",
            wrong.len(),
            wrong.join("\n")
        );
    }
}

/// The names of all case files, in order.
pub fn names() -> Vec<String> {
    let folder = path("");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
