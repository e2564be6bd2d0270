//! Tokens: what the lexer makes of the text and the parser reads. Owns their kinds; no meaning beyond the spelling.

use crate::ast::Side;
use crate::span::Span;

/// A token and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token<'t> {
    pub(crate) kind: Kind<'t>,
    pub(crate) span: Span,
}

/// The kinds of token.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind<'t> {
    /// A name or a word of the language; which of the two is the parser's matter.
    Word(&'t str),
    /// A backquoted name, without its quotes.
    Quoted(&'t str),
    /// The word directly after `|`, hyphens included.
    Operator(&'t str),
    /// A word operator with `!` before it, without the `!`.
    Negated(&'t str),
    /// `@name`, without the `@`.
    Var(&'t str),
    /// `$left` or `$right`.
    Side(Side),
    Int(i64),
    Real(f64),
    /// Nanoseconds.
    Duration(i64),
    /// Bytes.
    Size(i64),
    /// A string of any form, escapes resolved.
    String(String),
    /// Nanoseconds since the Unix epoch.
    Datetime(i64),
    /// Punctuation.
    Punct(Punct),
    /// Something that the lexer has reported already.
    Invalid,
}

macro_rules! punctuation {
    ($($name:ident = $text:literal,)+) => {
        /// Punctuation, the forms of other languages included, so that each gets its own message.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Punct { $($name,)+ }

        impl Punct {
            /// As it is written.
            pub(crate) const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// All of them, longer ones before those they begin with.
            pub(crate) const ALL: &[Self] = &[$(Self::$name,)+];
        }
    };
}

punctuation! {
    TripleEq = "===",
    TildeEq = "=~",
    EqLt = "=<",
    NotTilde = "!~",
    AndAnd = "&&",
    OrOr = "||",
    LtGt = "<>",
    Eq = "==",
    Ne = "!=",
    Le = "<=",
    Ge = ">=",
    DotDot = "..",
    Arrow = "=>",
    Pipe = "|",
    Semicolon = ";",
    Comma = ",",
    Colon = ":",
    Dot = ".",
    Assign = "=",
    Lt = "<",
    Gt = ">",
    Plus = "+",
    Minus = "-",
    Star = "*",
    Slash = "/",
    Percent = "%",
    LeftParen = "(",
    RightParen = ")",
    LeftBracket = "[",
    RightBracket = "]",
    LeftBrace = "{",
    RightBrace = "}",
    Bang = "!",
    Tilde = "~",
    Ampersand = "&",
    Caret = "^",
    Question = "?",
}

impl Punct {
    /// The closing bracket of an opening one.
    pub(crate) const fn closer(self) -> Option<Self> {
        match self {
            Self::LeftParen => Some(Self::RightParen),
            Self::LeftBracket => Some(Self::RightBracket),
            Self::LeftBrace => Some(Self::RightBrace),
            _ => None,
        }
    }

    /// Whether it closes a bracket.
    pub(crate) const fn closes(self) -> bool {
        matches!(
            self,
            Self::RightParen | Self::RightBracket | Self::RightBrace
        )
    }
}

impl<'t> Kind<'t> {
    /// The punctuation it is, if it is one.
    pub(crate) fn punct(&self) -> Option<Punct> {
        match self {
            Self::Punct(punct) => Some(*punct),
            _ => None,
        }
    }

    /// The bare word it is, if it is one.
    pub(crate) fn word(&self) -> Option<&'t str> {
        match self {
            Self::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Whether it can end an operand: a name, a literal, a closing bracket.
    pub(crate) fn ends_operand(&self) -> bool {
        match self {
            Self::Word(word) => {
                !crate::words::is_reserved(word) || matches!(*word, "true" | "false" | "null")
            }
            Self::Punct(punct) => punct.closes(),
            Self::Operator(_) | Self::Negated(_) | Self::Invalid => false,
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Punct;

    #[test]
    fn longer_punctuation_comes_first() {
        for (index, punct) in Punct::ALL.iter().enumerate() {
            for earlier in &Punct::ALL[..index] {
                assert!(
                    !punct.text().starts_with(earlier.text()),
                    "`{}` hides `{}`",
                    earlier.text(),
                    punct.text()
                );
            }
        }
    }
}
