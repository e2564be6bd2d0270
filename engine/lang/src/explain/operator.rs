//! Messages about pipe operators: unknown ones, those of other languages, and those without their `|`.

use super::left_out;
use crate::diagnostic::{Diagnostic, codes};
use crate::lexer::shorten;
use crate::nearest;
use crate::parser::OPERATORS;
use crate::span::Span;

/// Words of SQL and of other pipe languages: the word, whose it is, the operator here.
const FOREIGN: &[(&str, &str, &str)] = &[
    ("select", "SQL", "project"),
    ("group", "SQL", "summarize … by"),
    ("groupby", "SQL", "summarize … by"),
    ("group-by", "SQL", "summarize … by"),
    ("having", "SQL", "where"),
    ("from", "SQL", "the name of a table at the start"),
    ("offset", "SQL", "top … by"),
    ("with", "SQL", "let"),
    ("filter", "another language", "where"),
    ("aggregate", "another language", "summarize"),
    ("aggr", "another language", "summarize"),
    ("stats", "another language", "summarize"),
    ("derive", "another language", "extend"),
    ("eval", "another language", "extend"),
    ("fields", "another language", "project"),
    ("rename", "another language", "project-rename"),
    ("drop-columns", "another language", "project-away"),
    ("dedup", "another language", "distinct"),
    ("uniq", "another language", "distinct"),
    ("unique", "another language", "distinct"),
    ("head", "another language", "take"),
    ("tail", "another language", "top … by … asc"),
    ("wc", "another language", "count"),
    ("grep", "another language", "where"),
    ("expand", "another language", "mv-expand"),
    ("mvexpand", "old KQL", "mv-expand"),
    ("unnest", "SQL", "mv-expand"),
    ("explode", "another language", "mv-expand"),
    ("makeseries", "old KQL", "make-series"),
    ("project-keep", "KQL", "project"),
    ("project-reorder", "KQL", "project"),
    ("project-smart", "KQL", "project"),
    ("top-nested", "KQL", "top"),
    ("top-hitters", "KQL", "top"),
    ("print", "KQL", "extend"),
    ("columns", "another language", "project"),
    ("sortby", "another language", "sort by"),
    ("orderby", "SQL", "sort by"),
    ("parse-where", "KQL", "parse"),
    ("parse-kv", "KQL", "parse"),
];

/// `name` stands where an operator belongs and is none.
pub(crate) fn unknown(name: &str, span: Span) -> Diagnostic {
    if let Some(diagnostic) = left_out::operator(name, span) {
        return diagnostic;
    }
    let lower = name.to_ascii_lowercase();
    if let Some(known) = OPERATORS.iter().find(|known| **known == lower) {
        return Diagnostic::error(
            codes::UNKNOWN_OPERATOR,
            format!("operators are written in lower case: `{known}`"),
        )
        .at(span)
        .fix(span, *known);
    }
    if let Some(diagnostic) = foreign(&lower, span) {
        return diagnostic;
    }
    let shown = shorten(name);
    let diagnostic = Diagnostic::error(
        codes::UNKNOWN_OPERATOR,
        format!("expected an operator, found `{shown}`"),
    )
    .at(span);
    match nearest(name, OPERATORS.iter().copied()) {
        Some(known) => diagnostic
            .help(format!("did you mean `{known}`?"))
            .fix(span, known),
        None => diagnostic.help(format!("operators are {}", OPERATORS.join(", "))),
    }
}

/// The message when `name` is a word of another language.
pub(super) fn foreign(name: &str, span: Span) -> Option<Diagnostic> {
    let lower = name.to_ascii_lowercase();
    let (_, whose, ours) = FOREIGN.iter().find(|(word, _, _)| *word == lower)?;
    let diagnostic = Diagnostic::error(
        codes::FOREIGN_WORD,
        format!("`{}` belongs to {whose}", shorten(name)),
    )
    .label(span, format!("here it is {}", quoted(ours)));
    // Only where the rest of the segment means the same may a tool exchange the word.
    Some(match (*ours, whose) {
        ("where" | "take" | "count" | "mv-expand", _) => diagnostic.fix(span, *ours),
        _ => diagnostic,
    })
}

fn quoted(ours: &str) -> String {
    if ours.starts_with("the ") {
        ours.to_owned()
    } else {
        format!("`{ours}`")
    }
}

/// An operator stands in the middle of a segment: its `|` is missing.
pub(super) fn missing_pipe(name: &str, span: Span) -> Diagnostic {
    let start = Span::new(span.start, span.start);
    Diagnostic::error(codes::MISSING_PIPE, format!("expected `|` before `{name}`"))
        .at(span)
        .fix(start, "| ")
}
