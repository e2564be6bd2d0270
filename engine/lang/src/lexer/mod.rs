//! Text to tokens. Owns comments and punctuation; names, numbers, strings and dates have their own files. Never stops at
//! an error: what is wrong is reported, replaced by a token that lets the parser go on, and remembered in `reported`.

mod datetime;
mod name;
mod number;
mod string;

use crate::diagnostic::{Diagnostic, codes};
use crate::limits::{MAX_QUOTED_CHARS, MAX_TOKENS};
use crate::span::Span;
use crate::token::{Kind, Punct, Token};
use crate::words;

pub(crate) use string::{RAW_QUOTE, dedent};

/// A comment, kept for the formatter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comment {
    /// From the first slash to the end of the line.
    pub span: Span,
    /// Whether it begins with exactly three slashes.
    pub doc: bool,
}

/// What came of a text.
#[derive(Debug, Default)]
pub(crate) struct Lexed<'t> {
    pub(crate) tokens: Vec<Token<'t>>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Places of which the user has been told: the parser stays silent there.
    pub(crate) reported: Vec<Span>,
    /// Starts of strings and names that never end: what follows is not to be trusted.
    pub(crate) unclosed: Vec<Span>,
}

/// Lexes `text`, which must not be longer than `MAX_TEXT_BYTES`.
pub(crate) fn lex(text: &str) -> Lexed<'_> {
    let mut lexer = Lexer {
        text,
        at: 0,
        out: Lexed::default(),
    };
    while lexer.out.tokens.len() <= MAX_TOKENS && lexer.step() {}
    lexer.out
}

struct Lexer<'t> {
    text: &'t str,
    /// Always on a character boundary.
    at: usize,
    out: Lexed<'t>,
}

impl<'t> Lexer<'t> {
    /// Lexes one token or comment; false at the end.
    fn step(&mut self) -> bool {
        self.take_while(|character| matches!(character, ' ' | '\t' | '\r' | '\n'));
        let start = self.at;
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return false;
        };
        if rest.starts_with("//") {
            let line = self.take_while(|character| character != '\n');
            let doc = line.starts_with("///") && !line.starts_with("////");
            let span = self.span_from(start);
            self.out.comments.push(Comment { span, doc });
        } else if rest.starts_with("/*") {
            self.block_comment();
        } else if words::begins_name(first) {
            self.word();
        } else if first.is_ascii_digit() {
            self.number();
        } else {
            self.symbol(first);
        }
        true
    }

    fn symbol(&mut self, first: char) {
        let start = self.at;
        match first {
            '"' | '\'' => self.string(),
            '`' => self.quoted_name(),
            '@' => self.at_sign(),
            '$' => self.dollar(),
            '“' | '”' | '„' | '‘' | '’' | '‚' => self.smart_string(),
            '!' if self.negated() => {}
            _ => match Punct::ALL
                .iter()
                .find(|punct| self.rest().starts_with(punct.text()))
            {
                Some(punct) => {
                    self.at += punct.text().len();
                    self.push(Kind::Punct(*punct), start);
                }
                None => self.unknown(first),
            },
        }
    }

    fn block_comment(&mut self) {
        let start = self.at;
        let length = self
            .rest()
            .find("*/")
            .map_or(self.rest().len(), |end| end + 2);
        self.at += length;
        let opener = Span::new(offset(start), offset(start + 2));
        let span = self.span_from(start);
        self.report(
            Diagnostic::error(codes::LEFT_OUT, "block comments are left out")
                .at(opener)
                .help("begin each line with `//`"),
            span,
        );
    }

    fn unknown(&mut self, first: char) {
        let start = self.at;
        if first.is_alphabetic() {
            let name = self.take_while(continues_any_name);
            self.foreign_name(name, start);
            return;
        }
        self.take_while(|character| character == first);
        let span = self.span_from(start);
        let code = u32::from(first);
        if !is_invisible(first) {
            let message = format!("unexpected character `{first}` (U+{code:04X})");
            self.report(Diagnostic::error(codes::CHARACTER, message).at(span), span);
            self.push(Kind::Invalid, start);
        } else if first != '\u{FEFF}' || start != 0 {
            // A byte order mark at the start is what some editors leave; nothing is lost by skipping it.
            let message = format!("an invisible character U+{code:04X} stands here");
            self.report(
                Diagnostic::error(codes::CHARACTER, message)
                    .label(span, "replace it by a space")
                    .fix(span, " "),
                span,
            );
        }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn slice(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or("")
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let length = rest
            .find(|character| !accept(character))
            .unwrap_or(rest.len());
        self.at += length;
        self.slice(self.at - length, self.at)
    }

    fn span_from(&self, start: usize) -> Span {
        Span::new(offset(start), offset(self.at))
    }

    fn push(&mut self, kind: Kind<'t>, start: usize) {
        let span = self.span_from(start);
        self.out.tokens.push(Token { kind, span });
    }

    fn report(&mut self, diagnostic: Diagnostic, silence: Span) {
        self.out.diagnostics.push(diagnostic);
        self.out.reported.push(silence);
    }
}

fn continues_any_name(character: char) -> bool {
    words::continues_name(character) || (!character.is_ascii() && character.is_alphanumeric())
}

/// Spaces and format characters that look like nothing, or like a plain space.
pub(crate) fn is_invisible(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(character, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// An offset in the text; the text is far shorter than 4 GiB (`MAX_TEXT_BYTES`), so nothing saturates.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// At most `MAX_QUOTED_CHARS` characters of the user's text.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(MAX_QUOTED_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or("")),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
