//! The runner of the case files: a query and what comes of it, side by side. `UPDATE_EXPECT=1` rewrites the files.

pub mod sexpr;

use std::path::{Path, PathBuf};

use trawl_lang::{Style, render_all};

/// One case of a file.
pub struct Case {
    pub title: String,
    pub query: String,
    pub expected: String,
}

/// The cases of a file: `=== title`, the query, `---`, what comes of it.
pub fn read(path: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut cases = Vec::new();
    for part in text.split("=== ").skip(1) {
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

/// What comes of a query: the tree when nothing is wrong, then what is.
pub fn outcome(query: &str) -> String {
    let parsed = trawl_lang::parse(query);
    let mut out = String::new();
    if !parsed.has_errors() {
        out = sexpr::file(parsed.file.as_ref().unwrap());
    }
    if !parsed.diagnostics.is_empty() {
        if !out.is_empty() {
            out.push('\n');
        }
        out += &render_all(&parsed.diagnostics, "query", query, Style::Plain);
    }
    out.trim_end().to_owned()
}

/// Compares every case of `tests/cases/<name>` with what comes of it now.
pub fn check(name: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cases")
        .join(name);
    let cases = read(&path);
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
        std::fs::write(&path, rewritten.trim_end().to_owned() + "\n").unwrap();
    } else {
        assert!(
            wrong.is_empty(),
            "{name}, {} wrong:\n{}",
            wrong.len(),
            wrong.join("\n")
        );
    }
}
