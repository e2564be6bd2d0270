//! The token slice that nom parses. Owns the implementation of nom's `Input`, which nom itself has only for bytes and text.

use std::iter::Enumerate;

use nom::{Input, Needed};

use crate::delimiters::Delimiters;
use crate::span::Span;
use crate::token::{Kind, Punct, Token};

/// A text with its tokens and brackets.
#[derive(Debug)]
pub(crate) struct Source<'t> {
    pub(crate) text: &'t str,
    pub(crate) tokens: Vec<Token<'t>>,
    pub(crate) delimiters: Delimiters,
}

impl<'t> Source<'t> {
    /// The text of a span.
    pub(crate) fn slice(&self, span: Span) -> &'t str {
        self.text
            .get(span.start as usize..span.end as usize)
            .unwrap_or("")
    }

    /// All tokens.
    pub(crate) fn whole(&self) -> Tokens<'_> {
        Tokens {
            source: self,
            start: 0,
            end: self.tokens.len(),
        }
    }
}

/// A run of tokens of a source: a pair of indices, cheap to copy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tokens<'a> {
    pub(crate) source: &'a Source<'a>,
    /// Index of the first token.
    pub(crate) start: usize,
    /// One past the index of the last token.
    pub(crate) end: usize,
}

impl<'a> Tokens<'a> {
    fn slice(&self) -> &'a [Token<'a>] {
        self.source
            .tokens
            .get(self.start..self.end)
            .unwrap_or_default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.start >= self.end
    }

    /// The first token.
    pub(crate) fn first(&self) -> Option<&'a Token<'a>> {
        self.slice().first()
    }

    /// The kind of the token at `index` from here.
    pub(crate) fn kind(&self, index: usize) -> Option<&'a Kind<'a>> {
        self.slice().get(index).map(|token| &token.kind)
    }

    /// The punctuation at `index` from here.
    pub(crate) fn punct(&self, index: usize) -> Option<Punct> {
        self.kind(index)?.punct()
    }

    /// The bare word at `index` from here.
    pub(crate) fn word(&self, index: usize) -> Option<&'a str> {
        self.kind(index)?.word()
    }

    /// Without the first `count` tokens.
    pub(crate) fn skip(&self, count: usize) -> Self {
        Self {
            start: (self.start + count).min(self.end),
            ..*self
        }
    }

    /// From the first token of `self` to the last one before `rest`.
    pub(crate) fn span_until(&self, rest: Self) -> Span {
        let last = rest.start.checked_sub(1).filter(|last| *last >= self.start);
        let first = self.source.tokens.get(self.start).map(|token| token.span);
        let last = last
            .and_then(|last| self.source.tokens.get(last))
            .map(|token| token.span);
        match (first, last) {
            (Some(first), Some(last)) => first.to(last),
            (Some(first), None) => Span::new(first.start, first.start),
            _ => self.end_span(),
        }
    }

    /// The place right after the last token before here.
    pub(crate) fn end_span(&self) -> Span {
        let end = self
            .start
            .checked_sub(1)
            .and_then(|last| self.source.tokens.get(last))
            .map_or(0, |token| token.span.end);
        Span::new(end, end)
    }

    /// The runs between the separators that stand in no closed bracket, each with the index of the separator before it.
    /// There is always at least one run.
    pub(crate) fn split(&self, separator: Punct) -> Vec<Self> {
        let mut runs = Vec::new();
        let mut start = self.start;
        let mut index = self.start;
        while index < self.end {
            let is_separator = self
                .source
                .tokens
                .get(index)
                .is_some_and(|token| token.kind.punct() == Some(separator));
            if is_separator {
                runs.push(Self {
                    start,
                    end: index,
                    ..*self
                });
                start = index + 1;
            }
            // A group is jumped over: what it holds is its own matter.
            let mate = self
                .source
                .delimiters
                .mate(index)
                .filter(|mate| *mate > index);
            index = mate.unwrap_or(index) + 1;
        }
        runs.push(Self { start, ..*self });
        runs
    }

    /// Whether a `|` stands in no closed bracket: rule R1 of the grammar.
    pub(crate) fn has_pipe(&self) -> bool {
        self.split(Punct::Pipe).len() > 1
    }
}

impl<'a> Input for Tokens<'a> {
    type Item = &'a Token<'a>;
    type Iter = std::slice::Iter<'a, Token<'a>>;
    type IterIndices = Enumerate<Self::Iter>;

    fn input_len(&self) -> usize {
        self.end.saturating_sub(self.start)
    }

    fn take(&self, index: usize) -> Self {
        Self {
            end: (self.start + index).min(self.end),
            ..*self
        }
    }

    fn take_from(&self, index: usize) -> Self {
        self.skip(index)
    }

    fn take_split(&self, index: usize) -> (Self, Self) {
        (self.take_from(index), self.take(index))
    }

    fn position<P>(&self, predicate: P) -> Option<usize>
    where
        P: Fn(Self::Item) -> bool,
    {
        self.slice().iter().position(predicate)
    }

    fn iter_elements(&self) -> Self::Iter {
        self.slice().iter()
    }

    fn iter_indices(&self) -> Self::IterIndices {
        self.iter_elements().enumerate()
    }

    fn slice_index(&self, count: usize) -> Result<usize, Needed> {
        let length = self.input_len();
        if count <= length {
            Ok(count)
        } else {
            Err(Needed::new(count - length))
        }
    }
}
