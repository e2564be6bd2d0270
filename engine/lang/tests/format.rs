//! The formatter, case by case: the layout of texts, and where their comments go. Every case is formatted twice and parsed
//! again; `UPDATE_EXPECT=1` rewrites the file.

// Clippy knows `#[test]` functions as tests, but not their helpers.
#![allow(clippy::unwrap_used)]

mod support;

use trawl_lang::format::{MAX_COLUMNS, Options, explicit};
use trawl_lang::{Style, format, format_with, parse, render_all};

/// The comments of a text, sorted.
fn comments(text: &str) -> Vec<String> {
    let mut comments: Vec<String> = parse(text)
        .comments
        .iter()
        .map(|comment| text[comment.span.start as usize..comment.span.end as usize].trim_end())
        .map(str::to_owned)
        .collect();
    comments.sort();
    comments
}

/// The formatted text, or the errors. What must hold of every text is checked on the way.
fn outcome(text: &str) -> String {
    let formatted = match format(text) {
        Ok(formatted) => formatted,
        Err(diagnostics) => {
            let drawn = render_all(&diagnostics, "query", text, Style::Plain);
            return drawn.trim_end().to_owned();
        }
    };
    assert_eq!(format(&formatted).unwrap(), formatted, "not idempotent");
    assert_eq!(comments(text), comments(&formatted));
    assert_eq!(
        explicit(&parse(text).file.unwrap()),
        explicit(&parse(&formatted).file.unwrap()),
        "{formatted}"
    );
    formatted.trim_end_matches('\n').to_owned()
}

#[test]
fn layouts() {
    support::check("format.txt", outcome);
}

#[test]
fn everything_that_parses_can_be_formatted() {
    let mut formatted = 0;
    for name in support::names() {
        for case in support::read(&name) {
            if !parse(&case.query).has_errors() {
                outcome(&case.query);
                formatted += 1;
            }
        }
    }
    assert!(formatted > 80, "only {formatted}");
}

#[test]
fn a_text_with_errors_is_not_touched() {
    let diagnostics = format("pods | whre a | render x").unwrap_err();
    let codes: Vec<&str> = diagnostics.iter().map(|it| it.code).collect();
    assert_eq!(codes, ["Q0107", "Q0115"]);
    // A warning alone does not stop it.
    assert_eq!(format("pods|render x").unwrap(), "pods\n| render x\n");
}

#[test]
fn nothing_is_nothing() {
    assert_eq!(format("").unwrap(), "");
    assert_eq!(format(" \r\n\n").unwrap(), "");
    assert_eq!(
        format("\u{feff}// a  \r\n\r\n\r\n\r\n// b").unwrap(),
        "// a\n\n// b\n"
    );
}

#[test]
fn saved_texts_pin_their_edition() {
    let pinned = |text| format_with(text, Options { pin_syntax: true }).unwrap();
    assert_eq!(pinned("pods"), "syntax 1;\npods\n");
    assert_eq!(
        pinned("/// What it is.\n// why\n\nparam a: long; pods"),
        "/// What it is.\nsyntax 1;\n// why\n\nparam a: long;\npods\n"
    );
    let already = "// c\nsyntax 1;\n\npods // t\n";
    assert_eq!(pinned(already), already);
    assert_eq!(pinned("// nothing to pin"), "// nothing to pin\n");
    assert_eq!(format("pods").unwrap(), "pods\n");
}

#[test]
fn lines_are_no_longer_than_they_must_be() {
    for case in support::read("format.txt") {
        for line in case
            .expected
            .lines()
            .filter(|line| !line.contains("\"long"))
        {
            let code = line.split("//").next().unwrap().trim_end();
            assert!(code.chars().count() <= MAX_COLUMNS, "{line}");
        }
    }
}
