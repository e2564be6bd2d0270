//! Owns PromQL's tokens and where they stand in the text; refuses grammar. What is no token of PromQL is one of its own, for the
//! server to refuse.

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or a keyword.
    Word,
    /// A number or a duration.
    Number,
    /// A string with its quotes.
    Text,
    /// White space or a comment.
    Space,
    /// A sign: one character, or one of `==`, `!=`, `=~`, `!~`, `<=`, `>=`.
    Sign,
}

/// A piece of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    pub(super) text: &'t str,
}

impl Token<'_> {
    /// Whether it is that sign.
    pub(super) fn is(&self, sign: &str) -> bool {
        self.kind == Kind::Sign && self.text == sign
    }
}

/// The whole text in pieces, without a gap.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (kind, length) = next(first, rest);
        // Each length ends at the end of a character, and is not 0.
        let (token, tail) = rest
            .split_at_checked(length.max(first.len_utf8()))
            .unwrap_or((rest, ""));
        out.push(Token { kind, text: token });
        rest = tail;
    }
    out
}

fn next(first: char, rest: &str) -> (Kind, usize) {
    let until = |end: &dyn Fn(char) -> bool| rest.find(end).unwrap_or(rest.len());
    match first {
        c if c.is_whitespace() => (Kind::Space, until(&|c| !c.is_whitespace())),
        '#' => (Kind::Space, until(&|c| c == '\n' || c == '\r')),
        '"' | '\'' | '`' => (Kind::Text, string(first, rest)),
        c if c.is_ascii_alphabetic() || matches!(c, '_' | ':') => (
            Kind::Word,
            until(&|c| !c.is_ascii_alphanumeric() && !matches!(c, '_' | ':')),
        ),
        c if c.is_ascii_digit() => (Kind::Number, number(rest)),
        '.' if rest.chars().nth(1).is_some_and(|c| c.is_ascii_digit()) => {
            (Kind::Number, number(rest))
        }
        _ => {
            let two = ["==", "!=", "=~", "!~", "<=", ">="];
            let long = two.iter().any(|sign| rest.starts_with(sign));
            (Kind::Sign, if long { 2 } else { first.len_utf8() })
        }
    }
}

/// The length of a string with its quotes; one without an end goes on to the end of the text.
fn string(quote: char, rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote != '`' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// The length of a number or a duration: `1.5e-3`, `0x1F`, `1h30m`.
fn number(rest: &str) -> usize {
    let hexadecimal = rest.starts_with("0x") || rest.starts_with("0X");
    let mut before = ' ';
    for (at, c) in rest.char_indices() {
        let exponent = matches!(c, '+' | '-')
            && !hexadecimal
            && matches!(before, 'e' | 'E')
            // `1e-5`, but `1e - 5` is none; a unit never ends in `e`.
            && rest.get(at + 1..).is_some_and(|tail| tail.starts_with(|c: char| c.is_ascii_digit()));
        if !c.is_ascii_alphanumeric() && !matches!(c, '.' | '_') && !exponent {
            return at;
        }
        before = c;
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_the_text_again() {
        for text in [
            "",
            "sum by (a) (rate(x{b=~\"c\\\"\"}[5m])) # d\n > 1.5e-3",
            "`raw\\` 'a\\'b' \"open",
            "é{ü=\"ß\"}",
            "0x1F+.5-1h30m@1e3",
        ] {
            let joined: String = tokens(text).iter().map(|token| token.text).collect();
            assert_eq!(joined, text);
        }
    }

    #[test]
    fn kinds() {
        let kinds = |text: &'static str| {
            let all = tokens(text).into_iter();
            all.filter(|token| token.kind != Kind::Space)
                .map(|token| (token.kind, token.text))
                .collect::<Vec<_>>()
        };
        use Kind::{Number, Sign, Text, Word};
        assert_eq!(
            kinds("a:b{c!~'d'}[1h30m:]>=1e-5-2"),
            [
                (Word, "a:b"),
                (Sign, "{"),
                (Word, "c"),
                (Sign, "!~"),
                (Text, "'d'"),
                (Sign, "}"),
                (Sign, "["),
                (Number, "1h30m"),
                (Word, ":"),
                (Sign, "]"),
                (Sign, ">="),
                (Number, "1e-5"),
                (Sign, "-"),
                (Number, "2"),
            ]
        );
    }
}
