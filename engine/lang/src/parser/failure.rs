//! The error of the parser. Owns how two failures become one: the one that got furthest is kept, so that the message is
//! about the place where the reader, too, would stop.

use std::fmt;

use nom::IResult;
use nom::error::{ErrorKind, ParseError};

use super::input::Tokens;
use crate::diagnostic::Diagnostic;
use crate::token::Punct;

/// What a parser returns.
pub(crate) type Parse<'a, O> = IResult<Tokens<'a>, O, Failure>;

/// Something that could have stood in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// A part of the grammar: `an expression`.
    Part(&'static str),
    /// A word.
    Word(&'static str),
    /// Punctuation.
    Punct(Punct),
    /// The end of the query, or of the declaration.
    EndOfQuery,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Part(part) => f.write_str(part),
            Self::Word(word) => write!(f, "`{word}`"),
            Self::Punct(punct) => write!(f, "`{}`", punct.text()),
            Self::EndOfQuery => f.write_str("the end of the query"),
        }
    }
}

/// Where parsing stopped and what could have gone on there. Boxed, because every level of the grammar returns it.
#[derive(Debug)]
pub(crate) struct Failure(Box<Inner>);

#[derive(Debug)]
struct Inner {
    at: usize,
    expected: Vec<Expected>,
    ready: Option<Diagnostic>,
}

impl Failure {
    /// `expected` does not stand at the start of `input`.
    pub(crate) fn new(input: Tokens<'_>, expected: Expected) -> Self {
        Self::at(input, vec![expected])
    }

    /// None of `expected` stands at the start of `input`.
    pub(crate) fn at(input: Tokens<'_>, expected: Vec<Expected>) -> Self {
        Self(Box::new(Inner {
            at: input.start,
            expected,
            ready: None,
        }))
    }

    /// A failure that brings its own message.
    pub(crate) fn ready(input: Tokens<'_>, diagnostic: Diagnostic) -> Self {
        Self(Box::new(Inner {
            at: input.start,
            expected: Vec::new(),
            ready: Some(diagnostic),
        }))
    }

    /// Index of the token at which it failed; the number of tokens at the end of the text.
    pub(crate) fn index(&self) -> usize {
        self.0.at
    }

    pub(crate) fn expected(&self) -> &[Expected] {
        &self.0.expected
    }

    pub(crate) fn into_ready(self) -> Option<Diagnostic> {
        self.0.ready
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.0.ready.is_some()
    }
}

impl<'a> ParseError<Tokens<'a>> for Failure {
    fn from_error_kind(input: Tokens<'a>, _: ErrorKind) -> Self {
        Self::at(input, Vec::new())
    }

    fn append(_: Tokens<'a>, _: ErrorKind, other: Self) -> Self {
        other
    }

    fn or(mut self, mut other: Self) -> Self {
        match self.0.at.cmp(&other.0.at) {
            std::cmp::Ordering::Less => other,
            std::cmp::Ordering::Greater => self,
            std::cmp::Ordering::Equal => {
                for expected in other.0.expected.drain(..) {
                    if !self.0.expected.contains(&expected) {
                        self.0.expected.push(expected);
                    }
                }
                self.0.ready = self.0.ready.or(other.0.ready);
                self
            }
        }
    }
}

/// `expected` does not stand here; another alternative may.
pub(crate) fn fail<'a, O>(input: Tokens<'a>, expected: Expected) -> Parse<'a, O> {
    Err(nom::Err::Error(Failure::new(input, expected)))
}

/// A mistake that is certain and brings its own message.
pub(crate) fn refuse<'a, O>(input: Tokens<'a>, diagnostic: Diagnostic) -> Parse<'a, O> {
    Err(nom::Err::Failure(Failure::ready(input, diagnostic)))
}

/// The failure inside nom's error. Tokens are never streamed, so that `Incomplete` cannot come; it is read as "more was
/// expected at `input`".
pub(crate) fn failure_of(error: nom::Err<Failure>, input: Tokens<'_>) -> Failure {
    match error {
        nom::Err::Error(failure) | nom::Err::Failure(failure) => failure,
        nom::Err::Incomplete(_) => Failure::at(input, Vec::new()),
    }
}
