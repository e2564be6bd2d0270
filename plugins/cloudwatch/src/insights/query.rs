//! Owns the text of a Logs Insights query with bound values; refuses values that could change what the query means.
//!
//! A text bound inside quotes is escaped for them, outside it becomes a string of its own. Syntax:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html>

use trawl_sdk::types::{Literal, TextPart};
use trawl_sdk::{Error, template};

use crate::times::{MILLISECOND, SECOND};

/// Characters of a query, at most (`queryString` of StartQuery).
const MAX_QUERY: usize = 10_000;

/// Where in the query the next part begins.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Code,
    /// Inside a string, by its quote.
    Quoted(char),
    /// Just after a backslash in a string or expression, by what ends it.
    Escape(char),
    /// Inside a field's name.
    Name,
    /// Inside a regular expression.
    Expression,
    Comment,
}

/// The text so far.
#[derive(Debug)]
struct Text {
    out: String,
    place: Place,
    /// Where the present command begins.
    command: usize,
}

/// The query of a template.
///
/// # Errors
/// `invalid-query` when it is empty or too long, and for a value that cannot be bound where it stands.
pub(super) fn render(parts: &[TextPart]) -> Result<String, Error> {
    let mut text = Text {
        out: String::new(),
        place: Place::Code,
        command: 0,
    };
    for part in parts {
        match part {
            TextPart::Text(more) => more.chars().for_each(|c| text.write(c)),
            TextPart::Bound(literal) => text.bind(literal)?,
        }
    }
    let length = text.out.chars().count();
    if text.out.trim().is_empty() || length > MAX_QUERY {
        return Err(Error::invalid_query(format!(
            "expected a Logs Insights query of at most {MAX_QUERY} characters, got one of {length}"
        ))
        .with_hint(
            "write `cloudwatch.logs_insights(\"fields @timestamp, @message | limit 100\")`",
        ));
    }
    Ok(text.out)
}

impl Text {
    fn write(&mut self, c: char) {
        self.place = match (self.place, c) {
            (Place::Code, '"' | '\'') => Place::Quoted(c),
            (Place::Code, '`') => Place::Name,
            (Place::Code, '#') => Place::Comment,
            (Place::Code, '/') if self.begins_expression() => Place::Expression,
            (Place::Code, '|') => {
                self.command = self.out.len().saturating_add(1);
                Place::Code
            }
            (Place::Quoted(quote), '\\') => Place::Escape(quote),
            (Place::Expression, '\\') => Place::Escape('/'),
            (Place::Escape('/'), _) => Place::Expression,
            (Place::Escape(quote), _) => Place::Quoted(quote),
            (Place::Quoted(quote), _) if c == quote => Place::Code,
            (Place::Name, '`') | (Place::Expression, '/') | (Place::Comment, '\n') => Place::Code,
            (same, _) => same,
        };
        self.out.push(c);
    }

    /// Whether a slash begins a regular expression here; elsewhere it divides.
    fn begins_expression(&self) -> bool {
        let command = self.out.get(self.command..).unwrap_or_default();
        let mut words = command.split_whitespace();
        let (first, last) = (words.next(), words.next_back());
        let is = |word: Option<&str>, text: &str| {
            word.is_some_and(|word| word.eq_ignore_ascii_case(text))
        };
        is(first, "parse") || is(last, "like") || command.trim_end().ends_with("=~")
    }

    fn bind(&mut self, literal: &Literal) -> Result<(), Error> {
        let refused = |place: &str| {
            Err(Error::invalid_query(format!(
                "a value cannot be bound {place} of a Logs Insights query"
            ))
            .with_hint("bind it as a text of its own: `filter @message like @{x}`"))
        };
        match (self.place, literal) {
            (Place::Code, Literal::Utf8(text)) => {
                self.out.push('"');
                self.escape(text, '"');
                self.out.push('"');
            }
            (Place::Quoted(quote), Literal::Utf8(text)) => self.escape(text, quote),
            (Place::Name, Literal::Utf8(text)) if !text.contains('`') => self.out.push_str(text),
            (Place::Code | Place::Quoted(_), other) => self.out.push_str(&bare(other)?),
            (Place::Name, _) => {
                return refused("as the name of a field, unless it is a text without backticks,");
            }
            (Place::Expression, _) => return refused("inside a regular expression"),
            (Place::Escape(_), _) => return refused("directly after a backslash"),
            (Place::Comment, _) => return refused("inside a comment"),
        }
        Ok(())
    }

    fn escape(&mut self, text: &str, quote: char) {
        for c in text.chars() {
            match c {
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                c if c == quote || c == '\\' => self.out.extend(['\\', c]),
                c => self.out.push(c),
            }
        }
    }
}

/// A value that needs no quotes.
fn bare(literal: &Literal) -> Result<String, Error> {
    Ok(match literal {
        Literal::Int64(i) => i.to_string(),
        Literal::Uint64(u) => u.to_string(),
        Literal::Float64(f) if f.is_finite() => f.to_string(),
        Literal::Decimal(digits) if template::is_decimal(digits) => digits.clone(),
        // `bin(300s)`.
        Literal::DurationNs(ns) if ns % SECOND == 0 => format!("{}s", ns / SECOND),
        Literal::DurationNs(ns) if ns % MILLISECOND == 0 => format!("{}ms", ns / MILLISECOND),
        // What `toMillis(@timestamp)` gives.
        Literal::TimestampNs(ns) => ns.div_euclid(MILLISECOND).to_string(),
        _ => {
            return Err(Error::invalid_query(
                "expected a text, a finite number, a timespan of whole milliseconds or a datetime to bind into a Logs Insights query, got something else",
            ));
        }
    })
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
            (
                vec![text("filter @message like "), utf8("a\"b\\")],
                "filter @message like \"a\\\"b\\\\\"",
            ),
            (
                vec![text("filter x = '"), utf8("it's | limit 1"), text("'")],
                "filter x = 'it\\'s | limit 1'",
            ),
            (
                vec![text("filter x = \""), utf8("it's\n"), text("\"")],
                "filter x = \"it's\\n\"",
            ),
            (
                vec![
                    text("stats count() by bin("),
                    TextPart::Bound(Literal::DurationNs(300 * SECOND)),
                    text(")"),
                ],
                "stats count() by bin(300s)",
            ),
            (
                vec![text("limit "), TextPart::Bound(Literal::Int64(5))],
                "limit 5",
            ),
            (
                vec![
                    text("filter a/b > "),
                    TextPart::Bound(Literal::Float64(0.5)),
                ],
                "filter a/b > 0.5",
            ),
            (
                vec![
                    text("filter t > "),
                    TextPart::Bound(Literal::TimestampNs(1_500_000_000)),
                ],
                "filter t > 1500",
            ),
            (
                vec![text("fields `"), utf8("a b"), text("`")],
                "fields `a b`",
            ),
            (
                vec![text("filter m like /it's/ and x = "), utf8("b")],
                "filter m like /it's/ and x = \"b\"",
            ),
            (
                vec![text("parse @message /\\/(?<a>.)/ | filter a = "), utf8("b")],
                "parse @message /\\/(?<a>.)/ | filter a = \"b\"",
            ),
            (
                vec![text("fields x # it's\n| filter x = "), utf8("b")],
                "fields x # it's\n| filter x = \"b\"",
            ),
            (
                vec![text("filter x =~ /a'/ | filter a = "), utf8("b")],
                "filter x =~ /a'/ | filter a = \"b\"",
            ),
        ] {
            assert_eq!(render(&parts).unwrap(), expected);
        }
    }

    #[test]
    fn refuses_what_cannot_be_bound() {
        for parts in [
            vec![text("filter x like /"), utf8("a"), text("/")],
            vec![text("fields `"), utf8("a`b"), text("`")],
            vec![text("filter x = \"\\"), utf8("a"), text("\"")],
            vec![text("fields x # "), utf8("a")],
            vec![text("limit "), TextPart::Bound(Literal::Null)],
            vec![text("limit "), TextPart::Bound(Literal::Float64(f64::NAN))],
            vec![
                text("limit "),
                TextPart::Bound(Literal::Decimal("1 | limit 2".into())),
            ],
            vec![text("bin("), TextPart::Bound(Literal::DurationNs(1))],
            vec![text(" \n ")],
            vec![],
            vec![text(&"x".repeat(MAX_QUERY + 1))],
        ] {
            assert!(render(&parts).is_err(), "{parts:?}");
        }
    }
}
