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

#[test]
fn tasks() {
    support::check("tasks.txt", outcome);
}

#[test]
fn statements_and_sources() {
    support::check("statements.txt", outcome);
}

#[test]
fn operators() {
    support::check("operators.txt", outcome);
}

#[test]
fn expressions() {
    support::check("expressions.txt", outcome);
}

#[test]
fn mistakes() {
    support::check("mistakes.txt", outcome);
}

#[test]
fn foreign() {
    support::check("foreign.txt", outcome);
}

#[test]
fn recovery() {
    support::check("recovery.txt", outcome);
}
