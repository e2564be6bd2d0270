//! The words for what went wrong. Owns the way from a failure of the parser to a diagnostic: silence where the lexer has
//! spoken, then the targeted messages, then the general one. The grammar does not know any of this.

pub(crate) mod kind;
pub(crate) mod left_out;
mod misplaced;
mod missing;
pub(crate) mod operator;
mod situation;
mod word_operator;

use crate::diagnostic::{Diagnostic, codes};
use crate::lexer::shorten;
use crate::parser::{Expected, Failure, Tokens};
use crate::span::Span;
use crate::token::{Kind, Punct, Token};
use situation::Situation;

pub(crate) use missing::{semicolon_before, unfinished_declaration};

/// What kind of segment is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The first segment of a query.
    Source,
    /// A segment after `|`.
    Operator,
    /// The value of a `let` without `|`.
    Let,
    /// `syntax`, `param`, or the head of a `let`.
    Declaration,
}

/// The diagnostic for `failure` in `segment`, or `None` when its cause has been told.
pub(crate) fn explain(
    failure: Failure,
    segment: Tokens<'_>,
    place: Place,
    reported: &[Span],
) -> Option<Diagnostic> {
    let at = failure.index();
    let tokens = &segment.source.tokens;
    let found = tokens.get(at);
    let previous = at.checked_sub(1).and_then(|before| tokens.get(before));
    if is_told(segment, at, found, previous, reported) || is_bracket_told(&failure, segment) {
        return None;
    }
    if failure.is_ready() {
        return failure.into_ready();
    }
    let span = match (found, previous) {
        // The separator after a segment is not what is wrong; the place before it is.
        (Some(token), _) if at < segment.end => token.span,
        (_, Some(token)) => Span::new(token.span.end, token.span.end),
        (Some(token), None) => token.span,
        (None, None) => Span::default(),
    };
    let situation = Situation {
        segment,
        place,
        at,
        found,
        previous,
        expected: failure.expected(),
        span,
    };
    Some(misplaced::targeted(&situation).unwrap_or_else(|| general(&situation)))
}

/// Whether the lexer or the pass over brackets has told the cause: the failure is inside such a place or right after it,
/// or an unclosed bracket stands before it in the segment.
fn is_told(
    segment: Tokens<'_>,
    at: usize,
    found: Option<&Token<'_>>,
    previous: Option<&Token<'_>>,
    reported: &[Span],
) -> bool {
    let inside = |token: Option<&Token<'_>>| {
        token.is_some_and(|token| {
            token.kind == Kind::Invalid
                || reported
                    .iter()
                    .any(|span| span.start < token.span.end && token.span.start < span.end)
        })
    };
    let unclosed = |range: std::ops::Range<usize>| {
        let mut openers = segment.source.delimiters.unclosed.iter();
        openers.any(|opener| range.contains(opener))
    };
    let at_end = at >= segment.end;
    (inside(found) && !at_end)
        || previous.is_some_and(|token| token.kind == Kind::Invalid)
        || (at_end && inside(previous))
        || unclosed(segment.start..at)
}

/// Whether a bracket is missing here that was told at its opener, in an earlier segment of the statement.
fn is_bracket_told(failure: &Failure, segment: Tokens<'_>) -> bool {
    let at = failure.index();
    let tokens = &segment.source.tokens;
    let misses = failure
        .expected()
        .iter()
        .any(|expected| matches!(expected, Expected::Punct(punct) if punct.closes()));
    let statement = tokens
        .get(..at)
        .and_then(|before| {
            before
                .iter()
                .rposition(|token| token.kind.punct() == Some(Punct::Semicolon))
        })
        .unwrap_or(0);
    let mut openers = segment.source.delimiters.unclosed.iter();
    misses && openers.any(|opener| (statement..at).contains(opener))
}

/// `expected …, found …`.
fn general(situation: &Situation<'_, '_>) -> Diagnostic {
    let found = describe(situation.found, situation.segment);
    let declares = matches!(situation.place, Place::Let | Place::Declaration);
    let expected: Vec<String> = situation
        .expected
        .iter()
        .map(|expected| match expected {
            Expected::EndOfQuery if declares => "`;`".to_owned(),
            expected => expected.to_string(),
        })
        .collect();
    let message = match expected.as_slice() {
        [] => format!("unexpected {found}"),
        expected => format!("expected {}, found {found}", alternatives(expected)),
    };
    Diagnostic::error(codes::UNEXPECTED, message).at(situation.span)
}

/// A token in words.
fn describe(token: Option<&Token<'_>>, segment: Tokens<'_>) -> String {
    let Some(token) = token else {
        return "the end of the text".to_owned();
    };
    let text = shorten(segment.source.slice(token.span));
    match token.kind {
        Kind::String(_) if text.contains('\n') => "a string".to_owned(),
        Kind::Word(word) if crate::words::is_reserved(word) => {
            format!("the reserved word `{word}`")
        }
        // Backquotes inside backquotes need doubling to be read.
        Kind::Quoted(_) => format!("the name {text}"),
        _ => format!("`{text}`"),
    }
}

/// `a`, `a or b`, `a, b or c`.
fn alternatives(all: &[String]) -> String {
    match all {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// Names in backquotes: `` `a`, `b` or `c` ``.
pub(crate) fn enumerate(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    alternatives(&quoted)
}
