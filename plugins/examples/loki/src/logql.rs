//! Owns what the plugin knows of LogQL's texts: what they give, where selectors and filters can be put into them, how values are
//! bound. Refuses grammar, which is Loki's. <https://grafana.com/docs/loki/latest/query/>

use trawl_sdk::Error;
use trawl_sdk::filter::matcher::Matcher;
use trawl_sdk::template::{self, Place};
use trawl_sdk::types::{Literal, TextPart};

/// What a query gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Entries: the query begins with a selector.
    Entries,
    /// Samples: it begins with a function, an aggregation or a number.
    Samples,
}

/// Whether a name can stand in LogQL without quotes, as a label's name has to.
pub(crate) fn is_label_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The characters of a text outside of strings and comments, with where they are.
fn code(text: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    let mut place = Place::Code;
    text.char_indices().filter(move |(_, c)| {
        let before = place;
        place = before.after(*c);
        before == Place::Code && place != Place::Comment
    })
}

/// What a query gives. Parentheses around it change nothing.
pub(crate) fn kind(text: &str) -> Kind {
    let first = code(text).find(|(_, c)| !c.is_whitespace() && *c != '(');
    match first {
        Some((_, '{')) => Kind::Entries,
        _ => Kind::Samples,
    }
}

/// The text of a template.
///
/// # Errors
/// `invalid-query` for a value that LogQL has no words for, or that cannot be bound where it stands.
pub(crate) fn render(parts: &[TextPart]) -> Result<String, Error> {
    template::render(parts, "LogQL", bare)
}

/// A value that needs no quotes.
fn bare(literal: &Literal) -> Result<String, Error> {
    Ok(match literal {
        Literal::Int64(i) => i.to_string(),
        Literal::Uint64(u) => u.to_string(),
        Literal::Float64(f) if f.is_finite() => f.to_string(),
        Literal::Decimal(digits) if template::is_decimal(digits) => digits.clone(),
        // A duration of Go, which also counts nanoseconds.
        Literal::DurationNs(ns) => format!("{ns}ns"),
        _ => {
            return Err(Error::invalid_query(
                "expected a text, a finite number or a timespan to bind into LogQL, got something else",
            ));
        }
    })
}

/// The query over the streams that also satisfy `matcher`: it is put into every selector. Outside of strings, braces are selectors.
pub(crate) fn restrict(text: &str, matcher: &Matcher) -> String {
    let mut out = String::with_capacity(text.len().saturating_add(64));
    let mut copied = 0;
    for (at, c) in code(text) {
        let behind = at.saturating_add(c.len_utf8());
        if c != '{' {
            continue;
        }
        let rest = text.get(behind..).unwrap_or_default();
        let alone = code(rest)
            .find(|(_, c)| !c.is_whitespace())
            .is_none_or(|(_, c)| c == '}');
        let comma = if alone { "" } else { "," };
        out.push_str(text.get(copied..behind).unwrap_or_default());
        out.push_str(&format!("{matcher}{comma}"));
        copied = behind;
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    out
}

/// Whether stages can be put behind a query that gives entries: not behind one in parentheses.
pub(crate) fn takes_stages(text: &str) -> bool {
    let first = code(text).find(|(_, c)| !c.is_whitespace());
    matches!(first, Some((_, '{')))
}

/// The query with one more stage at its end, on a line of its own, since the text may end in a comment.
pub(crate) fn with_stage(text: &str, stage: &str) -> String {
    let text = text.trim_end();
    let between = match text.chars().fold(Place::Code, Place::after) {
        Place::Comment => '\n',
        _ => ' ',
    };
    format!("{text}{between}{stage}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        for (text, kind) in [
            (r#"{app="x"} |= "y""#, Kind::Entries),
            (" # what rate()\n ( {app=\"x\"})", Kind::Entries),
            (r#"rate({app="x"}[5m])"#, Kind::Samples),
            (r#"(sum(rate({app="x"}[5m])))"#, Kind::Samples),
            ("1", Kind::Samples),
            ("", Kind::Samples),
        ] {
            assert_eq!(super::kind(text), kind, "{text}");
        }
    }

    #[test]
    fn every_selector_gets_the_matcher() {
        let matcher = Matcher::equal("c", "a\"b");
        for (text, expected) in [
            (r#"{app="x"}"#, r#"{c="a\"b",app="x"}"#),
            ("{ }", r#"{c="a\"b" }"#),
            (
                "{a=\"{\"} | line_format `{{.x}}` # {\n",
                "{c=\"a\\\"b\",a=\"{\"} | line_format `{{.x}}` # {\n",
            ),
            (
                r#"rate({a="1"}[1m]) / rate({b=~"2"}[1m])"#,
                r#"rate({c="a\"b",a="1"}[1m]) / rate({c="a\"b",b=~"2"}[1m])"#,
            ),
            ("{", r#"{c="a\"b""#),
            ("vector(1)", "vector(1)"),
        ] {
            assert_eq!(restrict(text, &matcher), expected);
        }
    }

    #[test]
    fn stages_stand_behind_the_text() {
        let stage = r#"|= "x""#;
        for (text, expected) in [
            ("{a=\"b\"} ", "{a=\"b\"} |= \"x\""),
            ("{a=\"b\"} | json", "{a=\"b\"} | json |= \"x\""),
            ("{a=\"b\"} |= `c`", "{a=\"b\"} |= `c` |= \"x\""),
            ("{a=\"b\"} # all", "{a=\"b\"} # all\n|= \"x\""),
            ("{a=\"#\"}", "{a=\"#\"} |= \"x\""),
        ] {
            assert_eq!(with_stage(text, stage), expected);
        }
        assert!(takes_stages(" {a=\"b\"}"));
        assert!(!takes_stages("({a=\"b\"})"));
    }

    #[test]
    fn values_are_bound_by_their_place() {
        let text = |text: &str| TextPart::Text(text.to_owned());
        let value = |text: &str| TextPart::Bound(Literal::Utf8(text.to_owned()));
        let parts = [
            text("{app=\""),
            value("a\"} or {"),
            text("\"} |= "),
            value("b`"),
            text(" | x > "),
            TextPart::Bound(Literal::DurationNs(1_500)),
        ];
        assert_eq!(
            render(&parts).unwrap(),
            r#"{app="a\"} or {"} |= "b`" | x > 1500ns"#
        );
        for wrong in [
            Literal::Null,
            Literal::Float64(f64::NAN),
            Literal::TimestampNs(1),
        ] {
            assert!(render(&[TextPart::Bound(wrong)]).is_err());
        }
    }
}
