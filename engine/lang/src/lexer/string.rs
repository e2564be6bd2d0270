//! The forms of string: escaped, verbatim, raw, and typographic quotes. Owns escapes and the dedenting of raw strings; a
//! string without an end is reported at its beginning.

use super::{Lexer, offset};
use crate::diagnostic::{Diagnostic, codes};
use crate::span::Span;
use crate::token::Kind;

/// Digits of the highest code point, U+10FFFF.
const MAX_CODE_POINT_DIGITS: usize = 6;

/// What stands at both ends of a raw string.
pub(crate) const RAW_QUOTE: &str = "\"\"\"";

impl<'t> Lexer<'t> {
    /// `"…"` or `'…'`, or `"""…"""`.
    pub(super) fn string(&mut self) {
        let start = self.at;
        if self.rest().starts_with(RAW_QUOTE) {
            self.raw();
            return;
        }
        let quote = self.rest().chars().next().unwrap_or('"');
        self.at += 1;
        let mut value = String::new();
        loop {
            value.push_str(
                self.take_while(|character| {
                    character != quote && !matches!(character, '\\' | '\n')
                }),
            );
            match self.rest().chars().next() {
                Some('\\') => self.escape(&mut value),
                Some(closing) if closing == quote => {
                    self.at += 1;
                    break;
                }
                _ => {
                    self.unclosed(
                        start,
                        1,
                        &format!("it must end with `{quote}` on the same line"),
                        Some("text of several lines goes between `\"\"\"` and `\"\"\"`"),
                    );
                    break;
                }
            }
        }
        self.push(Kind::String(value), start);
    }

    fn escape(&mut self, value: &mut String) {
        let start = self.at;
        self.at += 1;
        let Some(escaped) = self.rest().chars().next().filter(|next| *next != '\n') else {
            // The string ends here without a quote, which is reported as such.
            return;
        };
        self.at += escaped.len_utf8();
        match escaped {
            'n' => value.push('\n'),
            'r' => value.push('\r'),
            't' => value.push('\t'),
            '\\' | '"' | '\'' => value.push(escaped),
            'u' => match self.code_point() {
                Some(character) => value.push(character),
                None => self.bad_escape(
                    start,
                    "`\\u` needs four hexadecimal digits, or some in braces, of a Unicode character",
                    "write `\\u00e9` or `\\u{1f600}`",
                ),
            },
            other => {
                value.push(other);
                self.bad_escape(
                    start,
                    &format!("`\\{other}` is not an escape"),
                    "for regular expressions and paths write the string as `@\"…\"`, which has no escapes; else double the `\\`",
                );
            }
        }
    }

    /// The four digits or the braces after `\u`.
    fn code_point(&mut self) -> Option<char> {
        let rest = self.rest();
        let (digits, length) = match rest.strip_prefix('{') {
            Some(inner) => {
                // Looking further than the longest form would make a text of such escapes quadratic.
                let end = inner
                    .bytes()
                    .take(MAX_CODE_POINT_DIGITS + 1)
                    .position(|it| it == b'}')?;
                let digits = inner.get(..end)?;
                (digits, digits.len() + 2)
            }
            None => (rest.get(..4)?, 4),
        };
        // `from_str_radix` accepts a sign.
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let character = u32::from_str_radix(digits, 16)
            .ok()
            .and_then(char::from_u32)?;
        self.at += length;
        Some(character)
    }

    fn bad_escape(&mut self, start: usize, message: &str, help: &str) {
        let span = self.span_from(start);
        self.report(
            Diagnostic::error(codes::ESCAPE, message)
                .at(span)
                .help(help),
            span,
        );
    }

    /// `@"…"`, where `""` stands for one quote. `@'…'` is read likewise and told.
    pub(super) fn verbatim(&mut self, quote: char) {
        let start = self.at;
        self.at += 2;
        let mut value = String::new();
        let mut buffer = [0; 4];
        let quote_text: &str = quote.encode_utf8(&mut buffer);
        let doubled = quote_text.repeat(2);
        let closed = loop {
            value.push_str(self.take_while(|character| character != quote && character != '\n'));
            if !self.rest().starts_with(&doubled) {
                break self.rest().starts_with(quote);
            }
            value.push(quote);
            self.at += 2;
        };
        self.at += usize::from(closed);
        if !closed {
            self.unclosed(
                start,
                2,
                &format!("it must end with `{quote}` on the same line"),
                Some("inside `@\"…\"` a `\\` is a plain character and `\"\"` is one quote"),
            );
        } else if quote == '\'' {
            let span = self.span_from(start);
            let fixed = format!("@\"{}\"", value.replace('"', "\"\""));
            self.report(
                Diagnostic::error(
                    codes::CHARACTER,
                    "a string without escapes is written `@\"…\"`",
                )
                .at(span)
                .fix(span, fixed),
                span,
            );
        }
        self.push(Kind::String(value), start);
    }

    /// `"""…"""`: everything as it stands, less the common indentation.
    fn raw(&mut self) {
        let start = self.at;
        self.at += RAW_QUOTE.len();
        let rest = self.rest();
        let value = match rest.find(RAW_QUOTE) {
            Some(end) => {
                self.at += end + RAW_QUOTE.len();
                dedent(rest.get(..end).unwrap_or(""))
            }
            None => {
                self.at = self.text.len();
                self.unclosed(
                    start,
                    RAW_QUOTE.len(),
                    "it must end with `\"\"\"`",
                    None::<&str>,
                );
                dedent(rest)
            }
        };
        self.push(Kind::String(value), start);
    }

    /// Text between typographic quotes, as word processors and chats make them.
    pub(super) fn smart_string(&mut self) {
        let start = self.at;
        let opener = self.rest().chars().next().unwrap_or('“');
        self.at += opener.len_utf8();
        let single = matches!(opener, '‘' | '’' | '‚');
        let closes = |character| match single {
            true => matches!(character, '‘' | '’' | '\''),
            false => matches!(character, '“' | '”' | '"'),
        };
        let value = self.take_while(|character| !closes(character) && character != '\n');
        let plain = if single { "'" } else { "\"" };
        let mut diagnostic = Diagnostic::error(
            codes::SMART_QUOTES,
            format!("strings stand between plain quotes `{plain}`, not typographic ones"),
        )
        .fix(
            Span::new(offset(start), offset(start + opener.len_utf8())),
            plain,
        );
        let end = self.at;
        if let Some(closer) = self.rest().chars().next().filter(|next| *next != '\n') {
            self.at += closer.len_utf8();
            diagnostic = diagnostic.fix(Span::new(offset(end), offset(self.at)), plain);
        }
        let span = self.span_from(start);
        self.report(diagnostic.at(span), span);
        self.push(Kind::String(value.to_owned()), start);
    }

    fn unclosed(&mut self, start: usize, opener: usize, text: &str, help: Option<&str>) {
        let opener = Span::new(offset(start), offset(start + opener));
        let span = self.span_from(start);
        self.out.unclosed.push(opener);
        self.report(
            Diagnostic::error(codes::UNCLOSED_STRING, "the string is not closed")
                .label(opener, text)
                .maybe_help(help),
            span,
        );
    }
}

/// A raw string over several lines loses its first line when that is blank, its last line when that is blank, and the
/// indentation that all its other lines share.
pub(crate) fn dedent(text: &str) -> String {
    if !text.contains('\n') {
        return text.to_owned();
    }
    let mut lines: Vec<&str> = text
        .split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .collect();
    if lines.first().is_some_and(|line| line.trim().is_empty()) {
        lines.remove(0);
    }
    if lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
    let blank = |line: &str| line.trim_start_matches([' ', '\t']).is_empty();
    let indent = lines
        .iter()
        .filter(|line| !blank(line))
        .map(|line| indentation(line))
        .reduce(|left, right| common(left, right))
        .unwrap_or("");
    let dedented: Vec<&str> = lines
        .iter()
        .map(|line| {
            line.strip_prefix(indent)
                .unwrap_or(if blank(line) { "" } else { line })
        })
        .collect();
    dedented.join("\n")
}

fn indentation(line: &str) -> &str {
    let length = line.len() - line.trim_start_matches([' ', '\t']).len();
    line.get(..length).unwrap_or("")
}

fn common<'t>(left: &'t str, right: &str) -> &'t str {
    let length = left
        .bytes()
        .zip(right.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    left.get(..length).unwrap_or("")
}
