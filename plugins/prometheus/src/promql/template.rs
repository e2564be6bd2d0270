//! Owns the rendering of PromQL with bound values; refuses values that could change what the query means.
//!
//! A text bound inside quotes is escaped for that kind of string, outside it becomes a string of its own. It is not escaped as a
//! regular expression: `=~"@{pattern}"` binds a pattern.

use trawl_sdk::types::{Literal, TextPart};
use trawl_sdk::{Error, template};

/// Where in PromQL's lexical structure the next part begins.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Code,
    /// Inside a string with escapes, by its quote.
    Quoted(char),
    /// Just after a backslash in such a string.
    Escape(char),
    /// Inside a string without escapes.
    Raw,
    Comment,
}

impl Place {
    fn after(self, c: char) -> Self {
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

/// The PromQL text of a template.
pub(crate) fn render(parts: &[TextPart]) -> Result<String, Error> {
    let mut out = String::new();
    let mut place = Place::Code;
    for part in parts {
        match part {
            TextPart::Text(text) => {
                place = text.chars().fold(place, Place::after);
                out.push_str(text);
            }
            TextPart::Bound(literal) => bind(place, literal, &mut out)?,
        }
    }
    Ok(out)
}

fn bind(place: Place, literal: &Literal, out: &mut String) -> Result<(), Error> {
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
            return Err(Error::invalid_query(
                "a value cannot be bound inside a PromQL comment",
            ));
        }
    }
    Ok(())
}

/// A text inside quotes, with Go's escapes, which PromQL uses.
pub(crate) fn escape(text: &str, quote: char, out: &mut String) {
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

/// A value that needs no quotes.
fn bare(literal: &Literal) -> Result<String, Error> {
    Ok(match literal {
        Literal::Int64(i) => i.to_string(),
        Literal::Uint64(u) => u.to_string(),
        Literal::Float64(f) if f.is_nan() => "NaN".to_owned(),
        Literal::Float64(f) if f.is_infinite() => if *f > 0.0 { "+Inf" } else { "-Inf" }.to_owned(),
        Literal::Float64(f) => f.to_string(),
        Literal::Decimal(digits) if template::is_decimal(digits) => digits.clone(),
        Literal::DurationNs(ns) => duration(*ns)?,
        // `@ 1795249575.123` is PromQL's form of an instant.
        Literal::TimestampNs(ns) => crate::time::seconds(crate::time::ms_of_ns(*ns)),
        Literal::Null
        | Literal::Boolean(_)
        | Literal::Binary(_)
        | Literal::Decimal(_)
        | Literal::Utf8(_) => {
            return Err(Error::invalid_query(
                "expected a text, a number, a timespan or a datetime to bind into PromQL, got something else",
            ));
        }
    })
}

/// A PromQL duration; its resolution is one millisecond.
fn duration(ns: i64) -> Result<String, Error> {
    let ms = ns / 1_000_000;
    if ns % 1_000_000 != 0 {
        return Err(Error::invalid_query(format!(
            "expected a timespan of whole milliseconds, which is what PromQL has, got {ns} ns"
        )));
    }
    Ok(format!("{ms}ms"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(t: &str) -> TextPart {
        TextPart::Text(t.to_owned())
    }

    fn utf8(t: &str) -> TextPart {
        TextPart::Bound(Literal::Utf8(t.to_owned()))
    }

    #[test]
    fn binds_by_place() {
        for (parts, expected) in [
            (vec![text("up")], "up"),
            (
                vec![
                    text("up{job=\""),
                    utf8("a\"} or vector(1) #\\\n"),
                    text("\"}"),
                ],
                "up{job=\"a\\\"} or vector(1) #\\\\\\n\"}",
            ),
            (
                vec![text("up{job='"), utf8("it's \"x\""), text("'}")],
                "up{job='it\\'s \"x\"'}",
            ),
            (
                vec![text("up{job="), utf8("a\"b"), text("}")],
                "up{job=\"a\\\"b\"}",
            ),
            (
                vec![text("up{job=`"), utf8("a\"b"), text("`}")],
                "up{job=`a\"b`}",
            ),
            (
                vec![
                    text("rate(x["),
                    TextPart::Bound(Literal::DurationNs(300_000_000_000)),
                    text("])"),
                ],
                "rate(x[300000ms])",
            ),
            (
                vec![
                    text("x > "),
                    TextPart::Bound(Literal::Float64(f64::NEG_INFINITY)),
                ],
                "x > -Inf",
            ),
            (
                vec![
                    text("x @ "),
                    TextPart::Bound(Literal::TimestampNs(1_500_000_000)),
                ],
                "x @ 1.500",
            ),
            (
                vec![
                    text("x > "),
                    TextPart::Bound(Literal::Decimal("-0.5".into())),
                ],
                "x > -0.5",
            ),
            (
                vec![text("x["), utf8("5m] or up["), text("]")],
                "x[\"5m] or up[\"]",
            ),
            (vec![text("\"\\\""), utf8("\""), text("\"")], "\"\\\"\\\"\""),
            (
                vec![text("x # it's\n{a="), utf8("b"), text("}")],
                "x # it's\n{a=\"b\"}",
            ),
            (vec![text("\""), utf8("\u{1}é"), text("\"")], "\"\\x01é\""),
        ] {
            assert_eq!(render(&parts).unwrap(), expected);
        }
    }

    #[test]
    fn refuses_what_cannot_be_bound() {
        for parts in [
            vec![text("`"), utf8("`"), text("`")],
            vec![text("\"\\"), utf8("n"), text("\"")],
            vec![text("# "), utf8("n")],
            vec![TextPart::Bound(Literal::Null)],
            vec![TextPart::Bound(Literal::DurationNs(1))],
            vec![TextPart::Bound(Literal::Decimal("1 or up".into()))],
            vec![TextPart::Bound(Literal::Decimal("1-1".into()))],
            vec![TextPart::Bound(Literal::Decimal("1.2.3".into()))],
            vec![TextPart::Bound(Literal::Decimal(".".into()))],
            vec![TextPart::Bound(Literal::Boolean(true))],
        ] {
            assert!(render(&parts).is_err(), "{parts:?}");
        }
    }
}
