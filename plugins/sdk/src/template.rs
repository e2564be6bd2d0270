//! Owns what binding values into embedded texts has in common; refuses values that could change what a text means.

use crate::types::{Error, Literal, TextPart};

/// Where in the lexical structure of a language with Go's strings a character stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Outside of strings and comments.
    Code,
    /// Inside a string with escapes, by its quote.
    Quoted(char),
    /// Just after a backslash in such a string.
    Escape(char),
    /// Inside a string without escapes.
    Raw,
    /// From `#` to the end of the line.
    Comment,
}

impl Place {
    /// The place behind a character.
    #[must_use]
    pub fn after(self, c: char) -> Self {
        match (self, c) {
            (Self::Code, '"' | '\'') => Self::Quoted(c),
            (Self::Code, '`') => Self::Raw,
            (Self::Code, '#') => Self::Comment,
            (Self::Quoted(quote), '\\') => Self::Escape(quote),
            (Self::Quoted(quote), _) if c == quote => Self::Code,
            (Self::Escape(quote), _) => Self::Quoted(quote),
            (Self::Raw, '`') | (Self::Comment, '\n') => Self::Code,
            (same, _) => same,
        }
    }
}

/// The text of a template in a language with Go's strings (PromQL, LogQL): double or single quotes with escapes, backticks without,
/// and comments from `#` to the end of the line.
///
/// A text bound inside quotes is escaped for that kind of string, outside it becomes a string of its own. It is not escaped as a
/// regular expression: `=~"@{pattern}"` binds a pattern. `bare` writes what needs no quotes; `language` is for messages.
///
/// # Errors
/// Those of `bare`, and `invalid-query` where no value can be bound.
pub fn render(
    parts: &[TextPart],
    language: &str,
    bare: impl Fn(&Literal) -> Result<String, Error>,
) -> Result<String, Error> {
    let mut out = String::new();
    let mut place = Place::Code;
    for part in parts {
        match part {
            TextPart::Text(text) => {
                place = text.chars().fold(place, Place::after);
                out.push_str(text);
            }
            TextPart::Bound(literal) => bind(place, literal, language, &bare, &mut out)?,
        }
    }
    Ok(out)
}

fn bind(
    place: Place,
    literal: &Literal,
    language: &str,
    bare: &impl Fn(&Literal) -> Result<String, Error>,
    out: &mut String,
) -> Result<(), Error> {
    match place {
        Place::Code => match literal {
            Literal::Utf8(text) => {
                out.push('"');
                escape(text, '"', out);
                out.push('"');
            }
            other => out.push_str(&bare(other)?),
        },
        Place::Quoted(quote) => match literal {
            Literal::Utf8(text) => escape(text, quote, out),
            other => out.push_str(&bare(other)?),
        },
        Place::Raw => match literal {
            Literal::Utf8(text) if text.contains('`') => {
                return Err(Error::invalid_query(
                    "a value with a backtick cannot be bound inside a backtick string",
                )
                .with_hint("use double quotes around it"));
            }
            Literal::Utf8(text) => out.push_str(text),
            other => out.push_str(&bare(other)?),
        },
        Place::Escape(_) => {
            return Err(Error::invalid_query(
                "a value cannot be bound directly after a backslash",
            ));
        }
        Place::Comment => {
            return Err(Error::invalid_query(format!(
                "a value cannot be bound inside a {language} comment"
            )));
        }
    }
    Ok(())
}

/// A text inside quotes, with Go's escapes.
pub fn escape(text: &str, quote: char, out: &mut String) {
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_ascii_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => out.push(c),
        }
    }
}

/// Whether a decimal's digits are one number in any language: `1-1` would be two, and `1.2.3` none.
pub fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    !unsigned.trim_matches('.').is_empty()
        && whole
            .bytes()
            .chain(fraction.bytes())
            .all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_and_nothing_else() {
        for text in ["1", "-1.50", "+0", ".5", "5."] {
            assert!(is_decimal(text), "{text}");
        }
        for text in [
            "", "-", ".", "1-1", "1.2.3", "--1", "1e3", "1 or 1", "\u{0661}",
        ] {
            assert!(!is_decimal(text), "{text}");
        }
    }
}
