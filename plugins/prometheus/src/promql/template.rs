//! Owns the values that can be bound into PromQL; refuses those that could change what the query means.

use trawl_sdk::types::{Literal, TextPart};
use trawl_sdk::{Error, template};

/// The PromQL text of a template.
pub(crate) fn render(parts: &[TextPart]) -> Result<String, Error> {
    template::render(parts, "PromQL", bare)
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
