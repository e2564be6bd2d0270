//! Text to tokens. Owns comments, words and punctuation; numbers, strings and dates have their own files. Never stops at
//! an error: what is wrong is reported, replaced by a token that lets the parser go on, and remembered in `reported`.

mod datetime;
mod number;
mod string;

use crate::ast::Side;
use crate::diagnostic::{Diagnostic, codes};
use crate::limits::{MAX_QUOTED_CHARS, MAX_TOKENS};
use crate::span::Span;
use crate::token::{Kind, Punct, Token};
use crate::words;

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

    fn word(&mut self) {
        let start = self.at;
        let after_pipe = matches!(
            self.out.tokens.last().map(|token| &token.kind),
            Some(Kind::Punct(Punct::Pipe))
        );
        if after_pipe {
            // Operator names may hold hyphens, and only here, so that `a-b` stays a subtraction everywhere else.
            let name = self.operator_name();
            self.push(Kind::Operator(name), start);
            return;
        }
        let word = self.take_while(words::continues_name);
        let after_dot = matches!(
            self.out.tokens.last().map(|token| &token.kind),
            Some(Kind::Punct(Punct::Dot))
        );
        if word == "datetime" && !after_dot && self.rest().starts_with('(') {
            self.datetime(start);
            return;
        }
        self.swallow_tilde(word, start);
        self.push(Kind::Word(word), start);
    }

    fn operator_name(&mut self) -> &'t str {
        let start = self.at;
        self.take_while(words::continues_name);
        loop {
            let mut following = self.rest().chars();
            let hyphenated =
                following.next() == Some('-') && following.next().is_some_and(words::begins_name);
            if !hyphenated {
                return self.slice(start, self.at);
            }
            self.at += 1;
            self.take_while(words::continues_name);
        }
    }

    /// `!in`: one token. A `!` that stands apart from its word is told, and read as if it touched it.
    fn negated(&mut self) -> bool {
        let start = self.at;
        let after = self.slice(start + 1, self.text.len());
        let apart = after.len() - after.trim_start_matches([' ', '\t']).len();
        let word_start = start + 1 + apart;
        let following = self.slice(word_start, self.text.len());
        let length = following
            .find(|character| !words::continues_name(character))
            .unwrap_or(following.len());
        let word = self.slice(word_start, word_start + length);
        if !words::NEGATABLE.contains(&word) {
            return false;
        }
        self.at = word_start + length;
        let span = self.span_from(start);
        if apart > 0 {
            self.report(
                Diagnostic::error(
                    codes::NOT_AN_OPERATOR,
                    format!("`!` must touch its word: `!{word}`"),
                )
                .at(span)
                .fix(span, format!("!{word}")),
                span,
            );
        }
        self.swallow_tilde(word, start);
        self.push(Kind::Negated(word), start);
        true
    }

    /// `in~`, `has~`: KQL's mark for ignoring case, which here is said with a function.
    fn swallow_tilde(&mut self, word: &str, start: usize) {
        if !self.rest().starts_with('~') || !words::NEGATABLE.contains(&word) {
            return;
        }
        self.at += 1;
        let span = self.span_from(start);
        let written = self.slice(start, self.at).to_owned();
        let mut diagnostic = Diagnostic::error(
            codes::NOT_AN_OPERATOR,
            format!("`{written}` is not an operator"),
        )
        .label(span, "ignores case in KQL");
        diagnostic = match word {
            "in" => diagnostic.help(
                "ignoring case: `tolower(x) in (\"a\", \"b\")` with the values in lower case",
            ),
            _ => diagnostic
                .help(format!("`{word}` ignores case already"))
                .fix(Span::new(span.end.saturating_sub(1), span.end), ""),
        };
        self.report(diagnostic, span);
    }

    fn quoted_name(&mut self) {
        let start = self.at;
        self.at += 1;
        let name = self.take_while(|character| !matches!(character, '`' | '\n'));
        if !self.rest().starts_with('`') {
            let opener = Span::new(offset(start), offset(start + 1));
            let span = self.span_from(start);
            self.out.unclosed.push(opener);
            self.report(
                Diagnostic::error(codes::QUOTED_NAME, "the backquoted name is not closed").label(
                    opener,
                    "it begins here and must end with a backquote on the same line",
                ),
                span,
            );
            self.push(Kind::Quoted(name.trim_end()), start);
            return;
        }
        self.at += 1;
        let span = self.span_from(start);
        if name.trim().is_empty() {
            self.report(
                Diagnostic::error(codes::QUOTED_NAME, "the backquoted name is empty").at(span),
                span,
            );
        }
        self.push(Kind::Quoted(name), start);
    }

    fn at_sign(&mut self) {
        let start = self.at;
        let after = self.slice(start + 1, self.text.len());
        match after.chars().next() {
            Some('"') => self.verbatim('"'),
            Some('\'') => self.verbatim('\''),
            Some(first) if words::begins_name(first) => {
                self.at += 1;
                let name = self.take_while(words::continues_name);
                self.push(Kind::Var(name), start);
            }
            _ => {
                self.at += 1;
                let span = self.span_from(start);
                self.report(
                    Diagnostic::error(codes::AT_SIGN, "`@` needs a name after it")
                        .at(span)
                        .help("`@name` is a parameter or a scalar `let`; `@\"…\"` is a string without escapes"),
                    span,
                );
                self.push(Kind::Invalid, start);
            }
        }
    }

    fn dollar(&mut self) {
        let start = self.at;
        self.at += 1;
        let name = self.take_while(words::continues_name);
        let kind = match name {
            "left" => Kind::Side(Side::Left),
            "right" => Kind::Side(Side::Right),
            "" => {
                let span = self.span_from(start);
                self.report(
                    Diagnostic::error(codes::DOLLAR, "`$` begins only `$left` and `$right`")
                        .at(span)
                        .help("a parameter or a scalar `let` is written `@name`"),
                    span,
                );
                Kind::Invalid
            }
            _ => {
                let span = self.span_from(start);
                self.report(
                    Diagnostic::error(codes::DOLLAR, format!("`${name}` is not a variable"))
                        .label(span, format!("write `@{name}`"))
                        .help(
                            "`$` is left to shells and templates; only `$left` and `$right` exist",
                        )
                        .fix(span, format!("@{name}")),
                    span,
                );
                Kind::Var(name)
            }
        };
        self.push(kind, start);
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
        let run = self.take_while(|character| {
            character == first || (first.is_alphabetic() && character.is_alphanumeric())
        });
        let span = self.span_from(start);
        let code = u32::from(first);
        let diagnostic = if first.is_alphabetic() {
            Diagnostic::error(
                codes::CHARACTER,
                format!(
                    "a name holds only ASCII letters, digits and `_`, found `{}`",
                    shorten(run)
                ),
            )
            .at(span)
            .help("put other names into backquotes")
        } else if first.is_whitespace()
            || first.is_control()
            || matches!(first, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
        {
            // A byte order mark at the start is what some editors leave; nothing is lost by skipping it.
            if first == '\u{FEFF}' && start == 0 {
                return;
            }
            Diagnostic::error(
                codes::CHARACTER,
                format!("an invisible character U+{code:04X} stands here"),
            )
            .label(span, "replace it by a space")
            .fix(span, " ")
        } else {
            Diagnostic::error(
                codes::CHARACTER,
                format!("unexpected character `{first}` (U+{code:04X})"),
            )
            .at(span)
        };
        let invisible = !diagnostic.fixes.is_empty();
        self.report(diagnostic, span);
        if !invisible {
            self.push(Kind::Invalid, start);
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
