//! Messages about separators: a `|`, `,` or `;` that is missing, or that has nothing after it.

use super::situation::Situation;
use super::{Place, describe, operator};
use crate::diagnostic::{Diagnostic, codes};
use crate::parser::{OPERATORS, Tokens};
use crate::span::Span;
use crate::token::{Kind, Punct};
use crate::words;

/// `a, b, | …`: a comma with nothing after it.
pub(super) fn trailing_comma(situation: &Situation<'_, '_>) -> Option<Diagnostic> {
    let comma = situation
        .previous
        .filter(|token| token.kind.punct() == Some(Punct::Comma))?;
    let ends = match situation.found.map(|token| &token.kind) {
        None => true,
        Some(Kind::Punct(punct)) => {
            punct.closes() || matches!(punct, Punct::Pipe | Punct::Semicolon | Punct::Comma)
        }
        Some(Kind::Word(word)) => matches!(*word, "by" | "on"),
        _ => false,
    };
    ends.then(|| {
        Diagnostic::error(codes::TRAILING_COMMA, "nothing follows this comma")
            .at(comma.span)
            .help("remove it, or add what is missing")
            .fix(comma.span, "")
    })
}

/// `pods where …`, or an operator at the start of the next line.
pub(super) fn missing_pipe(situation: &Situation<'_, '_>) -> Option<Diagnostic> {
    let word = situation.found?.kind.word()?;
    let before_name = situation.previous_punct() == Some(Punct::Dot);
    let ends = situation.after_operand()
        || matches!(
            situation.previous?.kind,
            Kind::Operator("count" | "getschema")
        )
        || matches!(situation.previous?.kind, Kind::Word("asc" | "desc"));
    if before_name || !ends || situation.at >= situation.segment.end {
        return None;
    }
    // A hyphenated name is several tokens without its `|`.
    let hyphenated = |name: &&&str| {
        let text = situation
            .segment
            .source
            .text
            .get(situation.span.start as usize..);
        name.contains('-') && text.is_some_and(|text| text.starts_with(**name))
    };
    if let Some(name) = OPERATORS.iter().find(hyphenated) {
        let length = u32::try_from(name.len()).unwrap_or(0);
        let span = Span::new(situation.span.start, situation.span.start + length);
        return Some(operator::missing_pipe(name, span));
    }
    if OPERATORS.contains(&word) {
        return Some(operator::missing_pipe(word, situation.span));
    }
    operator::foreign(word, situation.span)
}

/// `let x = 5` and the query on the next line.
pub(super) fn missing_semicolon(situation: &Situation<'_, '_>) -> Option<Diagnostic> {
    let declares = matches!(situation.place, Place::Let | Place::Declaration);
    let rest = situation
        .segment
        .skip(situation.at.checked_sub(situation.segment.start)?);
    (declares && situation.after_operand()).then(|| semicolon_before(rest))?
}

/// `project a b`: two values in a row in an operator that takes a list.
pub(super) fn missing_comma(situation: &Situation<'_, '_>) -> Option<Diagnostic> {
    const LISTS: &[&str] = &[
        "extend",
        "project",
        "project-away",
        "project-rename",
        "summarize",
        "distinct",
    ];
    let Some(Kind::Operator(name)) = situation.segment.kind(0) else {
        return None;
    };
    let begins = match &situation.found?.kind {
        Kind::Word(word) => !words::is_reserved(word),
        Kind::Punct(_) | Kind::Operator(_) | Kind::Negated(_) | Kind::Invalid => false,
        _ => true,
    };
    if !begins || !LISTS.contains(name) || !situation.after_operand() {
        return None;
    }
    let end = situation.previous?.span.end;
    let found = describe(situation.found, situation.segment);
    Some(
        Diagnostic::error(
            codes::UNEXPECTED,
            format!("expected `,` or `|`, found {found}"),
        )
        .at(situation.span)
        .help("a comma stands between two items")
        .fix(Span::new(end, end), ","),
    )
}

/// `| |`, or a `|` at the end.
pub(super) fn empty_pipe(situation: &Situation<'_, '_>) -> Option<Diagnostic> {
    if situation.place != Place::Operator || !situation.segment.is_empty() {
        return None;
    }
    let pipe = situation.previous?.span;
    Some(
        Diagnostic::error(
            codes::UNEXPECTED,
            "expected an operator after `|`, found nothing",
        )
        .at(pipe)
        .help("remove the `|`, or add an operator")
        .fix(pipe, ""),
    )
}

/// A value ended and something else begins on a new line: a `;` was forgotten between them.
pub(crate) fn semicolon_before(rest: Tokens<'_>) -> Option<Diagnostic> {
    let tokens = &rest.source.tokens;
    let previous = tokens.get(rest.start.checked_sub(1)?)?.span;
    let next = rest.first()?.span;
    let between = rest.source.slice(Span::new(previous.end, next.start));
    let end = Span::new(previous.end, previous.end);
    between.contains('\n').then(|| {
        Diagnostic::error(
            codes::MISSING_SEMICOLON,
            "expected `;` after the declaration",
        )
        .at(end)
        .secondary(next, "this is read as part of it")
        .fix(end, ";")
    })
}

/// The last statement of the text is a declaration without its `;`.
pub(crate) fn unfinished_declaration(word: &str, span: Span) -> Diagnostic {
    let end = Span::new(span.end, span.end);
    Diagnostic::error(
        codes::MISSING_SEMICOLON,
        format!("expected `;` after the `{word}`"),
    )
    .at(end)
    .help("a declaration ends with `;`, and the query follows it")
    .fix(end, ";")
}
