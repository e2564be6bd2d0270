//! Runs the case files: queries with their trees, and mistakes with their drawn diagnostics.

mod support;

use support::check;

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
