//! Every query of the repository through the formatter: saved ones are in their canonical form already, those of the tests keep
//! what they say and their comments.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};

use trawl_lang::format::explicit;
use trawl_lang::{format, parse};

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|own| own == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The comments of a text, in alphabetical order.
fn comments(text: &str) -> Vec<String> {
    let parsed = parse(text);
    let spans = parsed.comments.iter().map(|comment| comment.span);
    let texts = spans.map(|span| &text[span.start as usize..span.end as usize]);
    let mut comments: Vec<String> = texts.map(|text| text.trim_end().to_owned()).collect();
    comments.sort();
    comments
}

fn keeps(text: &str) {
    let before = parse(text);
    if before.has_errors() {
        return;
    }
    let formatted = format(text).unwrap_or_else(|error| panic!("{text}\n{error:?}"));
    let after = parse(&formatted);
    let trees = (before.file.as_ref().unwrap(), after.file.as_ref().unwrap());
    assert_eq!(explicit(trees.0), explicit(trees.1), "{text}\n{formatted}");
    assert_eq!(comments(text), comments(&formatted), "{text}\n{formatted}");
    assert_eq!(format(&formatted).unwrap(), formatted, "{text}");
}

#[test]
fn saved_queries_are_as_the_formatter_writes_them() {
    let saved = files(&root().join("queries"), "trawl");
    assert!(saved.len() >= 8, "{saved:?}");
    for file in saved {
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(format(&text).unwrap(), text, "{}", file.display());
        keeps(&text);
    }
}

#[test]
fn queries_of_the_tests_keep_what_they_say() {
    let mut queries = 0;
    for file in files(&root().join("tests/cases"), "txt") {
        let text = std::fs::read_to_string(&file).unwrap();
        for case in text.split("\n== ") {
            let query = case.split_once('\n').unwrap().1;
            keeps(query.split("\n-- ").next().unwrap());
            queries += 1;
        }
    }
    for file in files(&root().join("engine/lang/tests/cases"), "txt") {
        let text = std::fs::read_to_string(&file).unwrap();
        for case in text.split("=== ").skip(1) {
            let query = case.split_once('\n').unwrap().1;
            keeps(query.split("\n---").next().unwrap());
            queries += 1;
        }
    }
    assert!(queries > 300, "only {queries}");
}
