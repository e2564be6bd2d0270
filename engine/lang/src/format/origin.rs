//! The text that is being formatted: its comments, brackets and spellings. Owns finding a token by its place; the tree
//! says what is written, this says how it was.

use crate::delimiters::Delimiters;
use crate::lexer::{self, Comment};
use crate::span::Span;
use crate::token::{Kind, Punct, Token};

/// Words between a place and the bracket that belongs to it are at most these: `!between (`, `with (`.
const WORDS_BEFORE_BRACKET: usize = 1;

/// A text without errors.
#[derive(Debug)]
pub(super) struct Origin<'t> {
    text: &'t str,
    tokens: Vec<Token<'t>>,
    delimiters: Delimiters,
    comments: Vec<Comment>,
}

/// Where a pair of brackets stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bracket {
    /// First byte of the opening one.
    pub(super) open: u32,
    /// First byte of the closing one.
    pub(super) close: u32,
}

impl<'t> Origin<'t> {
    /// The origin of a text that parsed without an error.
    pub(super) fn of(text: &'t str) -> Self {
        let lexed = lexer::lex(text);
        let delimiters = Delimiters::of(&lexed.tokens, &lexed.unclosed);
        Self {
            text,
            tokens: lexed.tokens,
            delimiters,
            comments: lexed.comments,
        }
    }

    /// The comment with this number, from 0.
    pub(super) fn comment(&self, number: usize) -> Option<Comment> {
        self.comments.get(number).copied()
    }

    /// The characters of a place, without the spaces after them.
    pub(super) fn slice(&self, span: Span) -> &'t str {
        let text = self.text.get(span.start as usize..span.end as usize);
        text.unwrap_or("").trim_end()
    }

    /// Whether code stands before `at` on its line.
    pub(super) fn follows_code(&self, at: u32) -> bool {
        let before = self.text.get(..at as usize).unwrap_or("");
        let line = before.rsplit('\n').next().unwrap_or("");
        // A byte order mark is not seen as white space.
        !line.trim_start_matches('\u{FEFF}').trim().is_empty()
    }

    /// Whether an empty line stands between `at` and what comes before it.
    pub(super) fn follows_blank(&self, at: u32) -> bool {
        let before = self.text.get(..at as usize).unwrap_or("");
        let gap = before.len() - before.trim_end().len();
        let gap = before.get(before.len() - gap..).unwrap_or("");
        gap.bytes().filter(|byte| *byte == b'\n').count() > 1
    }

    /// The place after the documentation of the text, whose first token is at `first`.
    pub(super) fn end_of_docs(&self, first: u32) -> u32 {
        let docs = self.comments.iter().rev();
        docs.clone()
            .find(|comment| comment.doc && comment.span.start < first)
            .map_or(0, |comment| comment.span.end)
    }

    /// Where the first token begins.
    pub(super) fn first_token(&self) -> Option<u32> {
        self.tokens.first().map(|token| token.span.start)
    }

    /// The token of an expression that is one token, without the brackets around it.
    pub(super) fn token_of(&self, span: Span) -> Option<&Token<'t>> {
        self.inside_groups(span.start)
            .and_then(|index| self.tokens.get(index))
            .filter(|token| token.span.end <= span.end)
    }

    /// The brackets around an expression that begins with them.
    pub(super) fn group(&self, span: Span) -> Option<Bracket> {
        self.bracket(self.index(span.start))
    }

    /// Whether an expression has brackets around it.
    pub(super) fn is_grouped(&self, span: Span) -> bool {
        let begins = self.tokens.get(self.index(span.start));
        let at = self.group(span).filter(|at| at.close + 1 == span.end);
        at.is_some() && begins.is_some_and(|it| it.kind == Kind::Punct(Punct::LeftParen))
    }

    /// The brackets of a list: those after any groups around it.
    pub(super) fn list(&self, span: Span) -> Option<Bracket> {
        self.bracket(self.inside_groups(span.start)?)
    }

    /// The brackets right before a place.
    pub(super) fn before(&self, at: u32) -> Option<Bracket> {
        self.bracket(self.index(at).checked_sub(1)?)
    }

    /// Where the first token inside brackets begins.
    pub(super) fn first_inside(&self, at: Bracket) -> Option<u32> {
        let first = self.tokens.get(self.index(at.open) + 1)?;
        Some(first.span.start)
    }

    /// The first brackets after a place, past the word that they belong to.
    pub(super) fn after(&self, at: u32) -> Option<Bracket> {
        let index = self.index(at);
        (index..=index + WORDS_BEFORE_BRACKET).find_map(|index| self.bracket(index))
    }

    /// Index of the first token at or after a place.
    fn index(&self, at: u32) -> usize {
        self.tokens.partition_point(|token| token.span.start < at)
    }

    /// Index of the first token at or after a place that opens no group.
    fn inside_groups(&self, at: u32) -> Option<usize> {
        let from = self.index(at);
        let tokens = self.tokens.get(from..)?;
        let groups = tokens
            .iter()
            .take_while(|token| token.kind == Kind::Punct(Punct::LeftParen));
        Some(from + groups.count())
    }

    fn bracket(&self, index: usize) -> Option<Bracket> {
        let open = self.tokens.get(index)?;
        open.kind.punct()?.closer()?;
        let close = self.tokens.get(self.delimiters.mate(index)?)?;
        Some(Bracket {
            open: open.span.start,
            close: close.span.start,
        })
    }
}
