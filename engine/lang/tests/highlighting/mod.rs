//! The TextMate grammar, made from the tables of words that the parser reads. Written without look-around, which the
//! `regex` crate does not have: what it compiles, editors do too.

use serde_json::{Value, json};
use trawl_lang::words;

/// A bare name.
const NAME: &str = "[A-Za-z_][A-Za-z0-9_]*";

/// One of `all`, longer words before those that they begin with.
fn any_of<'a>(all: impl IntoIterator<Item = &'a str>) -> String {
    let mut all: Vec<&str> = all.into_iter().collect();
    all.sort_by_key(|word| (std::cmp::Reverse(word.len()), *word));
    format!("(?:{})", all.join("|"))
}

/// A pattern with one scope.
fn one(scope: &str, pattern: &str) -> Value {
    json!({ "name": format!("{scope}.trawl"), "match": pattern })
}

/// A pattern with a scope for each of its groups.
fn groups(pattern: &str, scopes: &[&str]) -> Value {
    let captures: serde_json::Map<String, Value> = scopes
        .iter()
        .enumerate()
        .map(|(index, scope)| {
            (
                (index + 1).to_string(),
                json!({ "name": format!("{scope}.trawl") }),
            )
        })
        .collect();
    json!({ "match": pattern, "captures": captures })
}

/// A string between `quote`s, with escapes.
fn string(scope: &str, quote: &str) -> Value {
    json!({
        "name": format!("{scope}.trawl"),
        "begin": quote,
        "end": format!("{quote}|$"),
        "patterns": [
            one("constant.character.escape", r#"\\(?:[nrt\\"']|u[0-9A-Fa-f]{4}|u\{[0-9A-Fa-f]{1,6}\})"#),
            one("invalid.illegal.escape", r"\\."),
            placeholder(),
        ],
    })
}

/// `@{x}` in embedded text.
fn placeholder() -> Value {
    one("variable.parameter.embedded", &format!(r"@\{{{NAME}\}}"))
}

fn literals() -> Vec<Value> {
    let number = r"[0-9]+(?:\.[0-9]+)?";
    let time = any_of(words::TIME_UNITS.iter().copied());
    let size = any_of(words::SIZE_UNITS.iter().copied());
    vec![
        one("comment.line.documentation", "///(?:[^/].*)?$"),
        one("comment.line.double-slash", "//.*$"),
        json!({
            "name": "string.quoted.triple.trawl",
            "begin": "\"\"\"",
            "end": "\"\"\"",
            "patterns": [placeholder()],
        }),
        one("string.quoted.verbatim", r#"@"(?:[^"]|"")*""#),
        string("string.quoted.double", "\""),
        string("string.quoted.single", "'"),
        one("variable.other.quoted", "`[^`]*`"),
        one("constant.other.datetime", r"\bdatetime\(\s*[0-9][^)]*\)"),
        one(
            "constant.numeric.duration",
            &format!(r"\b(?:{number}{time})+\b"),
        ),
        one("constant.numeric.size", &format!(r"\b{number}{size}\b")),
        one(
            "constant.numeric.real",
            r"\b[0-9]+(?:\.[0-9]+(?:[eE][+-]?[0-9]+)?|[eE][+-]?[0-9]+)\b",
        ),
        one("constant.numeric.integer", r"\b[0-9]+\b"),
        one("variable.parameter", &format!("@{NAME}")),
        one("variable.language", r"\$(?:left|right)\b"),
    ]
}

fn keywords() -> Vec<Value> {
    let operators = any_of(words::OPERATORS.iter().copied());
    let kinds = any_of(words::JOIN_KINDS.iter().chain(words::EXPAND_KINDS).copied());
    let sources = any_of(words::SOURCES.iter().copied());
    let types = any_of(words::TYPES.iter().copied());
    let negatable = any_of(
        words::NEGATABLE
            .iter()
            .copied()
            .filter(|word| *word != "matches"),
    );
    let clauses = any_of(
        words::CLAUSES
            .iter()
            .copied()
            .filter(|word| !matches!(*word, "kind" | "regex")),
    );
    vec![
        groups(
            &format!(r"(\|)\s*({operators})\b"),
            &["keyword.operator.pipe", "keyword.control"],
        ),
        one("keyword.operator.pipe", r"\|"),
        groups(
            &format!(r"\b(let)\s+({NAME})"),
            &["keyword.declaration", "entity.name.variable"],
        ),
        groups(
            &format!(r"\b(param)\s+({NAME})"),
            &["keyword.declaration", "variable.parameter"],
        ),
        groups(
            r"\b(syntax)\s+([0-9]+)",
            &["keyword.declaration", "constant.numeric.integer"],
        ),
        groups(
            &format!(r"\b(kind)\s*(=)\s*({kinds})\b"),
            &[
                "keyword.other",
                "keyword.operator.assignment",
                "constant.language.kind",
            ],
        ),
        one("keyword.operator.range", r"\.\."),
        groups(
            &format!(r"(\.)\s*({NAME})"),
            &["punctuation.accessor", "variable.other.member"],
        ),
        one("keyword.operator.word", r"(?:!|\b)matches\s+regex\b"),
        one("keyword.operator.word", &format!(r"(?:!|\b){negatable}\b")),
        one("keyword.operator.logical", r"\b(?:and|or|not)\b"),
        one("constant.language", r"\b(?:true|false|null)\b"),
        groups(
            &format!(r"(:)\s*((?:list\s*<\s*)+(?:{types}|{NAME})(?:\s*>)+|{types}\b)"),
            &["punctuation.separator", "storage.type"],
        ),
        one(
            "keyword.other",
            &format!(r"\b(?:by|on|as|asc|desc|{clauses})\b"),
        ),
        one("keyword.control", &format!(r"\b{sources}\b")),
        groups(
            &format!(r"\b({NAME})\s*(\()"),
            &["entity.name.function", "punctuation.section.parens"],
        ),
        one("keyword.operator.comparison", "==|!=|<=|>=|<|>"),
        one("keyword.operator.assignment", "="),
        one("keyword.operator.arithmetic", "[+*/%-]"),
        one("punctuation.separator", "[,;:]"),
        one("punctuation.section", r"[()\[\]]"),
        one("variable.other", &format!(r"\b{NAME}\b")),
    ]
}

/// The grammar.
pub fn grammar() -> Value {
    let mut patterns = literals();
    patterns.extend(keywords());
    json!({
        "information_for_contributors": [
            "Made by engine/lang/tests/textmate.rs from the tables of the parser.",
            "Change those and run: UPDATE_EXPECT=1 cargo test -p trawl-lang --test textmate",
        ],
        "name": "trawl",
        "scopeName": "source.trawl",
        "fileTypes": ["trawl"],
        "patterns": patterns,
    })
}
