//! Runs the case files: queries with their trees, and mistakes with their drawn diagnostics. `UPDATE_EXPECT=1` rewrites
//! the files.

// Clippy knows `#[test]` functions as tests, but not their helpers.
#![allow(clippy::unwrap_used)]

mod sexpr;
mod support;

use trawl_lang::{Style, render_all};

/// What comes of a query: the tree when nothing is wrong, then what is.
fn outcome(query: &str) -> String {
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
fn check(name: &str) {
    let cases = support::read(name);
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
        std::fs::write(support::path(name), rewritten.trim_end().to_owned() + "\n").unwrap();
    } else {
        assert!(
            wrong.is_empty(),
            "{name}, {} wrong:\n{}",
            wrong.len(),
            wrong.join("\n")
        );
    }
}

#[test]
fn tasks() {
    check("tasks.txt");
}

#[test]
fn statements_and_sources() {
    check("statements.txt");
}

#[test]
fn operators() {
    check("operators.txt");
}

#[test]
fn expressions() {
    check("expressions.txt");
}

#[test]
fn mistakes() {
    check("mistakes.txt");
}

#[test]
fn foreign() {
    check("foreign.txt");
}

#[test]
fn recovery() {
    check("recovery.txt");
}
