//! A failure of the parser with what stands around it. Owns the questions that the targeted messages ask.

use super::Place;
use crate::parser::{Expected, Tokens};
use crate::span::Span;
use crate::token::{Kind, Punct, Token};

/// A failure with its surroundings.
pub(super) struct Situation<'a, 's> {
    pub(super) segment: Tokens<'a>,
    pub(super) place: Place,
    /// Index of the token at which it stopped.
    pub(super) at: usize,
    pub(super) found: Option<&'a Token<'a>>,
    pub(super) previous: Option<&'a Token<'a>>,
    pub(super) expected: &'s [Expected],
    /// The found token, or the place right after the last one.
    pub(super) span: Span,
}

impl Situation<'_, '_> {
    pub(super) fn found_punct(&self) -> Option<Punct> {
        self.found?.kind.punct()
    }

    pub(super) fn previous_punct(&self) -> Option<Punct> {
        self.previous?.kind.punct()
    }

    pub(super) fn expects_expression(&self) -> bool {
        self.expected.contains(&Expected::Part("an expression"))
    }

    pub(super) fn expects_name(&self) -> bool {
        self.expected
            .iter()
            .any(|expected| matches!(expected, Expected::Part(_)))
    }

    pub(super) fn after_operand(&self) -> bool {
        self.previous.is_some_and(|token| token.kind.ends_operand())
    }

    pub(super) fn kind_at(&self, index: usize) -> Option<&Kind<'_>> {
        self.segment
            .source
            .tokens
            .get(index)
            .map(|token| &token.kind)
    }

    pub(super) fn span_at(&self, index: usize) -> Option<Span> {
        self.segment
            .source
            .tokens
            .get(index)
            .map(|token| token.span)
    }

    /// Whether the tokens at `index` and after it touch.
    pub(super) fn touches_next(&self, index: usize) -> bool {
        match (self.span_at(index), self.span_at(index + 1)) {
            (Some(left), Some(right)) => left.end == right.start,
            _ => false,
        }
    }
}
