//! Words and names: bare, backquoted, `@name`, `$left`, operators after `|`, and word operators with `!`. Owns what their
//! misspellings are told; which word is reserved matters to the parser only.

use super::{Lexer, continues_any_name, offset, shorten};
use crate::ast::Side;
use crate::diagnostic::{Diagnostic, codes};
use crate::span::Span;
use crate::token::{Kind, Punct};
use crate::words;

impl<'t> Lexer<'t> {
    pub(super) fn word(&mut self) {
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
        let word = self.take_while(continues_any_name);
        if !word.is_ascii() {
            self.foreign_name(word, start);
            return;
        }
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
    pub(super) fn negated(&mut self) -> bool {
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

    pub(super) fn quoted_name(&mut self) {
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

    pub(super) fn at_sign(&mut self) {
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

    pub(super) fn dollar(&mut self) {
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

    /// A name with letters outside ASCII, which look alike too often to stand bare: read as if it were in backquotes.
    pub(super) fn foreign_name(&mut self, name: &'t str, start: usize) {
        let span = self.span_from(start);
        self.report(
            Diagnostic::error(
                codes::CHARACTER,
                format!(
                    "a bare name holds only ASCII letters, digits and `_`, found `{}`",
                    shorten(name)
                ),
            )
            .at(span)
            .help("put other names into backquotes")
            .fix(span, format!("`{name}`")),
            span,
        );
        self.push(Kind::Quoted(name), start);
    }
}
