//! Whatever the text is: no panic, no overflow of a small stack, and every place inside the text on whole characters.

// Clippy knows `#[test]` functions as tests, but not their helpers.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use trawl_lang::format::explicit;
use trawl_lang::limits::{MAX_CHAIN_LINKS, MAX_NESTING_LEVELS, MAX_TEXT_BYTES};
use trawl_lang::span::Span;
use trawl_lang::{Style, parse, render_all};

/// The stack of a thread that a runtime may start; the main thread has four times as much.
const STACK_BYTES: usize = 2 * 1024 * 1024;

fn inside(text: &str, span: Span) -> bool {
    let (start, end) = (span.start as usize, span.end as usize);
    start <= end && end <= text.len() && text.is_char_boundary(start) && text.is_char_boundary(end)
}

/// Parses, checks every place, draws in both styles, and takes the tree apart in every way that recurses.
fn exercise(text: &str) {
    let parsed = parse(text);
    for diagnostic in &parsed.diagnostics {
        assert!(!diagnostic.message.is_empty());
        for label in &diagnostic.labels {
            assert!(inside(text, label.span), "{diagnostic:?}");
        }
        for fix in &diagnostic.fixes {
            assert!(inside(text, fix.span), "{diagnostic:?}");
        }
    }
    for style in [Style::Plain, Style::Ansi] {
        let drawn = render_all(&parsed.diagnostics, "query", text, style);
        assert_eq!(drawn.is_empty(), parsed.diagnostics.is_empty());
    }
    if let Some(file) = &parsed.file {
        assert_eq!(&file.clone(), file);
        assert!(!format!("{file:?}").is_empty());
        format_twice(text, file);
    }
}

/// Formats, unless there are errors; the result means the same and stays as it is.
fn format_twice(text: &str, file: &trawl_lang::ast::File) {
    let Ok(formatted) = trawl_lang::format(text) else {
        // Indentation and defaults can take a text over a limit that it just keeps.
        assert!(parse(text).has_errors() || text.len() > MAX_TEXT_BYTES / 8);
        return;
    };
    let again = parse(&formatted);
    assert_eq!(again.comments.len(), parse(text).comments.len());
    assert!(
        explicit(&again.file.unwrap()) == explicit(file),
        "{formatted}"
    );
    assert_eq!(trawl_lang::format(&formatted).as_ref(), Ok(&formatted));
}

/// As `exercise`, and every place of the tree as well. The JSON form of the deepest trees needs more than a small stack.
fn exercise_tree(text: &str) {
    exercise(text);
    let json = serde_json::to_value(parse(text).file).unwrap();
    for span in spans(&json) {
        assert!(inside(text, span), "{span:?}");
    }
}

/// All places in the JSON form of a tree.
fn spans(json: &serde_json::Value) -> Vec<Span> {
    let mut found = Vec::new();
    let mut open = vec![json];
    while let Some(value) = open.pop() {
        match value {
            serde_json::Value::Object(map) => {
                if let (2, Some(start), Some(end)) = (
                    map.len(),
                    map.get("start").and_then(|it| it.as_u64()),
                    map.get("end").and_then(|it| it.as_u64()),
                ) {
                    found.push(Span::new(start as u32, end as u32));
                }
                open.extend(map.values());
            }
            serde_json::Value::Array(values) => open.extend(values),
            _ => {}
        }
    }
    found
}

const PIECES: &[&str] = &[
    "pods",
    "a",
    "b.c",
    "`q n`",
    "@x",
    "@",
    "$left",
    "$z",
    "1",
    "0.5",
    "5m",
    "5q",
    "1Gi",
    "\"s\"",
    "'s'",
    "\"",
    "'",
    "@\"v\"",
    "\"\"\"",
    "`",
    "datetime(2026-01-01)",
    "datetime(",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ";",
    "|",
    "|",
    "|",
    "||",
    "&&",
    "=",
    "==",
    "!=",
    "=~",
    "!~",
    "<",
    "<=",
    ">",
    "..",
    ".",
    ":",
    "+",
    "-",
    "*",
    "/",
    "%",
    "!",
    "~",
    "=>",
    "^",
    "and",
    "or",
    "not",
    "in",
    "!in",
    "! in",
    "in~",
    "between",
    "matches",
    "regex",
    "has",
    "!has_any",
    "true",
    "null",
    "let",
    "param",
    "syntax",
    "by",
    "on",
    "as",
    "asc",
    "desc",
    "kind",
    "inner",
    "outer",
    "with",
    "from",
    "to",
    "step",
    "default",
    "list<",
    "string",
    "where",
    "extend",
    "project",
    "project-away",
    "summarize",
    "make-series",
    "sort",
    "order",
    "take",
    "top",
    "distinct",
    "count",
    "join",
    "lookup",
    "union",
    "mv-expand",
    "parse",
    "render",
    "print",
    "datatable",
    "select",
    "search",
    "toscalar(",
    "//c\n",
    "/// d\n",
    "/*",
    "*/",
    "\n",
    "\t",
    "é",
    "漢",
    "“",
    "”",
    "\u{a0}",
    "\u{1b}",
    "\u{feff}",
    "#",
    "\\",
];

/// Queries that are right, to be cut and damaged.
fn tasks() -> Vec<String> {
    let text = include_str!("cases/tasks.txt");
    text.split("=== ")
        .skip(1)
        .map(|part| part.split("\n---").next().unwrap().to_owned())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in "\\PC{0,200}") {
        exercise_tree(&text);
    }

    #[test]
    fn any_characters(text in proptest::collection::vec(any::<char>(), 0..100)) {
        exercise_tree(&text.into_iter().collect::<String>());
    }

    #[test]
    fn any_tokens(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..60), separator in "[ \n]?") {
        exercise_tree(&pieces.join(&separator));
    }

    #[test]
    fn any_tokens_after_a_pipe(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..20)) {
        exercise_tree(&format!("pods | {}", pieces.join(" ")));
    }

    #[test]
    fn damaged_queries(task in proptest::sample::select(tasks()), at in 0.0..1.0f64, removed in 0..12usize, piece in proptest::sample::select(PIECES)) {
        let characters: Vec<char> = task.chars().collect();
        let at = (at * characters.len() as f64) as usize;
        let end = (at + removed).min(characters.len());
        let text: String = characters[..at].iter().copied().chain(piece.chars()).chain(characters[end..].iter().copied()).collect();
        exercise_tree(&text);
    }
}

fn on_a_small_stack(texts: Vec<(&'static str, String)>) {
    std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(move || {
            for (_, text) in &texts {
                exercise(text);
            }
        })
        .unwrap()
        .join()
        .unwrap();
}

fn nested(open: &str, inside: &str, close: &str, levels: usize) -> String {
    format!("{}{inside}{}", open.repeat(levels), close.repeat(levels))
}

#[test]
fn the_deepest_allowed_texts_parse_on_a_small_stack() {
    let levels = MAX_NESTING_LEVELS;
    let links = MAX_CHAIN_LINKS;
    let allowed = vec![
        ("groups", format!("print {}", nested("(", "a", ")", levels))),
        (
            "calls",
            format!("print {}", nested("f(1, x = ", "a", ")", levels)),
        ),
        ("lists", format!("print {}", nested("[", "a", "]", levels))),
        (
            "indices",
            format!("print {}", nested("a[", "a", "]", levels)),
        ),
        (
            "mixed",
            format!("print {}", nested("-f(a.b + c * ", "a", ")", levels)),
        ),
        (
            "comparisons",
            format!("print {}", nested("(not a == ", "b", ")", levels)),
        ),
        ("queries", nested("(", "a", " | where b | take 1)", levels)),
        (
            "subqueries",
            format!("a | where {}", nested("b in (c | where ", "d", ")", levels)),
        ),
        (
            "joins",
            format!(
                "a | join {} on k",
                nested("(b | join ", "c", " on k)", levels)
            ),
        ),
        (
            "types",
            format!("param a: {}; pods", nested("list<", "long", ">", levels)),
        ),
        ("sums", format!("print a{}", "+a".repeat(links))),
        ("fields", format!("print a{}", ".a".repeat(links))),
        ("elements", format!("print a{}", "[0]".repeat(links))),
        ("nots", format!("pods | where {}a", "not ".repeat(links))),
        ("minuses", format!("print {}a", "-".repeat(links))),
        ("ands", format!("pods | where a{}", " and a".repeat(20_000))),
        (
            "values",
            format!("pods | where a in (1{})", ", 1".repeat(20_000)),
        ),
        (
            "chain in brackets",
            format!(
                "print {}",
                nested("(", &format!("a{}", "+a".repeat(200)), ")", levels)
            ),
        ),
        (
            "chain through brackets",
            format!(
                "print {}",
                nested("(", &format!("a{}", "+a".repeat(200)), "+a+a+a)", 29)
            ),
        ),
        (
            "chain of brackets",
            format!("print {}", nested("(", "a", "+a+a+a+a+a)", levels)),
        ),
    ];
    for (what, text) in &allowed {
        assert!(text.len() <= MAX_TEXT_BYTES);
        // The subqueries of `allowed` are checked for errors on a large stack first, so that a failure is named.
        assert_eq!(parse(text).diagnostics, [], "{what}");
    }
    on_a_small_stack(allowed);
}

#[test]
fn hostile_texts_are_refused_on_a_small_stack() {
    let many = 60_000;
    let hostile = vec![
        ("open", "(".repeat(many)),
        ("open in pipes", "(a | ".repeat(many / 4)),
        (
            "closed",
            format!("print {}", nested("(", "a", ")", many / 2)),
        ),
        (
            "calls",
            format!("print {}", nested("f(", "a", ")", many / 3)),
        ),
        (
            "lists of types",
            format!("param a: {}long", "list<".repeat(many / 3)),
        ),
        ("nots", format!("print {}", "not ".repeat(many / 2))),
        ("minuses", format!("print {}a", "-".repeat(many))),
        ("fields", format!("print a{}", ".and".repeat(many / 3))),
        (
            "sums in sums",
            format!(
                "print {}",
                nested("(", "a", &format!("{})", "+a".repeat(200)), 30)
            ),
        ),
        (
            "unclosed sums",
            format!("print {}", nested("(", "a", &"+a".repeat(200), 30)),
        ),
        ("paths", format!("a{}", ".b".repeat(many / 2))),
        ("pipes", "a | count ".repeat(many / 10)),
        ("statements", "let a = b;".repeat(many / 10)),
        ("errors", "# ".repeat(many)),
        ("strings", "\"\n".repeat(many)),
        ("bangs", "!".repeat(many)),
        ("tildes", "a =~ ".repeat(many / 5)),
        ("closers", "]".repeat(many)),
        ("mismatched", "(]".repeat(many)),
        (
            "long line",
            format!("pods | where {} =~ 5", "x".repeat(many * 4)),
        ),
        ("long text", " ".repeat(MAX_TEXT_BYTES + 1)),
    ];
    for (what, text) in &hostile {
        assert!(
            parse(text).has_errors() || *what == "paths",
            "{what} is accepted"
        );
    }
    on_a_small_stack(hostile);
}
