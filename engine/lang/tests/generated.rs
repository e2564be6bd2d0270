//! Generated trees and texts: what is formatted means the same, stays as it is, and keeps its comments. A failure names
//! its seed.
//!
//! `TRAWL_LONG=1` tries a million of them instead of ten thousand, in an hour or so:
//! `TRAWL_LONG=1 cargo test -p trawl-lang --test generated` (nextest would end it after ten minutes).

// Clippy knows `#[test]` functions as tests, but not their helpers.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;

use trawl_lang::ast::File;
use trawl_lang::format::explicit;
use trawl_lang::{Parsed, format, format_file, generate, parse};

/// Seeds of an ordinary run.
const SEEDS: u64 = 10_000;

/// Seeds of a long one.
const LONG_SEEDS: u64 = 1_000_000;

/// Runs `each` for every seed, on all cores. The panic of a seed is preceded by its number.
fn for_all_seeds(each: fn(u64)) {
    let long = std::env::var_os("TRAWL_LONG").is_some_and(|value| value != "0");
    let seeds = if long { LONG_SEEDS } else { SEEDS };
    let threads = std::thread::available_parallelism().map_or(1, |it| it.get() as u64);
    std::thread::scope(|scope| {
        for first in 0..threads {
            scope.spawn(move || {
                for seed in (first..seeds).step_by(threads as usize) {
                    if std::panic::catch_unwind(|| each(seed)).is_err() {
                        panic!("seed {seed}");
                    }
                }
            });
        }
    });
}

/// The tree of a text without errors.
#[track_caller]
fn read(text: &str) -> (File, Parsed) {
    let parsed = parse(text);
    let errors: Vec<_> = parsed
        .diagnostics
        .iter()
        .filter(|it| it.is_error())
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\n{text}");
    (explicit(parsed.file.as_ref().unwrap()), parsed)
}

/// The comments of a text, sorted.
fn comments(text: &str, parsed: &Parsed) -> Vec<String> {
    let mut comments: Vec<String> = parsed
        .comments
        .iter()
        .map(|comment| {
            text[comment.span.start as usize..comment.span.end as usize]
                .trim_end()
                .to_owned()
        })
        .collect();
    comments.sort();
    comments
}

#[test]
fn trees_survive_their_text() {
    for_all_seeds(|seed| {
        let file = generate::file(seed);
        let text = format_file(&file);
        assert_eq!(read(&text).0, explicit(&file), "{text}");
        // A tree has no comments and only usual spellings, so that its text is formatted already.
        assert_eq!(format(&text).unwrap(), text);
    });
}

#[test]
fn texts_are_formatted_once_and_keep_meaning_and_comments() {
    for_all_seeds(|seed| {
        let file = generate::file(seed);
        let text = generate::text(&file, seed);
        let (tree, parsed) = read(&text);
        assert_eq!(tree, explicit(&file), "{text}");
        let formatted = format(&text).unwrap();
        let (again, reparsed) = read(&formatted);
        assert_eq!(again, tree, "{text}\n{formatted}");
        assert_eq!(
            comments(&formatted, &reparsed),
            comments(&text, &parsed),
            "{text}\n{formatted}"
        );
        assert_eq!(format(&formatted).unwrap(), formatted, "{text}");
        assert!(formatted.is_empty() || formatted.ends_with('\n') && !formatted.ends_with("\n\n"));
        assert!(!formatted.contains('\r') || text.contains('\r'));
    });
}

#[test]
fn a_seed_always_means_the_same() {
    for seed in 0..50 {
        let file = generate::file(seed);
        assert_eq!(file, generate::file(seed));
        assert_eq!(generate::text(&file, seed), generate::text(&file, seed));
        assert_ne!(
            generate::text(&file, seed),
            generate::text(&file, seed + 1_000_000)
        );
    }
}

/// Every variant of the tree, as its JSON form names it.
const VARIANTS: &[&str] = &[
    "syntax",
    "docs",
    "Named",
    "List",
    "Query",
    "Expr",
    "Branch",
    "Union",
    "Print",
    "DataTable",
    "Table",
    "Star",
    "Item",
    "Asc",
    "Desc",
    "Any",
    "Text",
    "Column",
    "Where",
    "Extend",
    "Project",
    "ProjectAway",
    "ProjectRename",
    "Summarize",
    "MakeSeries",
    "Sort",
    "Take",
    "Top",
    "Distinct",
    "Count",
    "GetSchema",
    "Join",
    "Lookup",
    "MvExpand",
    "Parse",
    "Render",
    "Literal",
    "Var",
    "Side",
    "Name",
    "Call",
    "Field",
    "Index",
    "Every",
    "Neg",
    "Not",
    "Arithmetic",
    "Compare",
    "In",
    "HasAny",
    "Between",
    "And",
    "Or",
    "Exprs",
    "Left",
    "Right",
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Mod",
    "Eq",
    "Ne",
    "Lt",
    "Le",
    "Gt",
    "Ge",
    "Has",
    "Contains",
    "StartsWith",
    "EndsWith",
    "MatchesRegex",
    "Null",
    "Bool",
    "Int",
    "Real",
    "Duration",
    "Size",
    "String",
    "Datetime",
];

/// Spellings that the tree does not show, by a piece of text that only they have.
const SPELLINGS: &[&str] = &[
    "limit",
    "order",
    "`by`",
    "@\"",
    "\"\"\"",
    "\\u{",
    "'",
    "Ki",
    "ns",
    "us",
    "h",
    "datetime(",
    "!in",
    "!has",
    "!has_any",
    "!between",
    "!matches",
    "has_cs",
    "startswith_cs",
    "///",
    "// why",
    "\r\n",
    "kind",
    "default",
    "$left",
    "e+",
    "E-",
    "((",
];

#[test]
fn everything_is_generated() {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut spelled: BTreeMap<&str, u32> = BTreeMap::new();
    for seed in 0..2000 {
        let file = generate::file(seed);
        let mut open = vec![serde_json::to_value(&file).unwrap()];
        while let Some(value) = open.pop() {
            match value {
                serde_json::Value::Object(map) => {
                    for (key, value) in map {
                        let holds = value.as_array().is_none_or(|all| !all.is_empty());
                        if holds && !value.is_null() || key == "List" {
                            *seen.entry(key).or_default() += 1;
                        }
                        open.push(value);
                    }
                }
                serde_json::Value::Array(values) => open.extend(values),
                serde_json::Value::String(word) => *seen.entry(word).or_default() += 1,
                _ => {}
            }
        }
        let text = generate::text(&file, seed);
        for piece in SPELLINGS {
            *spelled.entry(piece).or_default() += u32::from(text.contains(piece));
        }
    }
    for variant in VARIANTS {
        let count = seen.get(*variant).copied().unwrap_or(0);
        assert!(count >= 30, "`{variant}` was made {count} times");
    }
    for (piece, count) in spelled {
        assert!(count >= 10, "`{piece}` was spelled {count} times");
    }
}
