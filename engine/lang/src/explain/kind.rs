//! Messages about unknown kinds of `join` and `mv-expand`.

use super::enumerate;
use crate::ast::Ident;
use crate::diagnostic::{Diagnostic, codes};
use crate::nearest;
use crate::words::{EXPAND_KINDS, JOIN_KINDS};

/// Kinds of join that other languages have, with what to do here.
const OTHER_JOINS: &[(&str, &str)] = &[
    (
        "innerunique",
        "it keeps one arbitrary left row a key; use `kind=inner`, before it `summarize … by` the key where one row is wanted",
    ),
    ("rightsemi", "swap the two sides and use `kind=leftsemi`"),
    ("rightanti", "swap the two sides and use `kind=leftanti`"),
    (
        "rightantisemi",
        "swap the two sides and use `kind=leftanti`",
    ),
];

/// Other names of our kinds of join.
const JOIN_ALIASES: &[(&str, &str)] = &[
    ("left", "leftouter"),
    ("right", "rightouter"),
    ("full", "fullouter"),
    ("outer", "fullouter"),
    ("semi", "leftsemi"),
    ("anti", "leftanti"),
    ("leftantisemi", "leftanti"),
];

/// `kind` is not a kind of join.
pub(crate) fn unknown_join(kind: &Ident) -> Diagnostic {
    if let Some((name, help)) = OTHER_JOINS.iter().find(|(name, _)| *name == kind.name) {
        return Diagnostic::error(codes::LEFT_OUT, format!("`kind={name}` is left out"))
            .at(kind.span)
            .help(*help);
    }
    let alias = JOIN_ALIASES
        .iter()
        .find(|(name, _)| *name == kind.name)
        .map(|(_, ours)| *ours);
    unknown("join", kind, alias, JOIN_KINDS)
}

/// `kind` is not a kind of expansion.
pub(crate) fn unknown_expand(kind: &Ident) -> Diagnostic {
    unknown("mv-expand", kind, None, EXPAND_KINDS)
        .help("`kind=outer` keeps rows whose list is null or empty")
}

fn unknown(operator: &str, kind: &Ident, alias: Option<&str>, known: &[&str]) -> Diagnostic {
    let suggestion = alias.or_else(|| nearest(&kind.name, known.iter().copied()));
    let diagnostic = Diagnostic::error(
        codes::KIND,
        format!(
            "unknown kind of {operator}: expected {}, found `{}`",
            enumerate(known),
            crate::lexer::shorten(&kind.name)
        ),
    )
    .at(kind.span);
    match suggestion {
        Some(name) => diagnostic
            .help(format!("did you mean `{name}`?"))
            .fix(kind.span, name),
        None => diagnostic,
    }
}
