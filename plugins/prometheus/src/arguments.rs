//! Owns the reading of the table's arguments; refuses arguments that would be ignored in silence.

use trawl_sdk::Error;
use trawl_sdk::types::{Argument, ArgumentValue, Literal, TextPart};

use crate::template;

/// The arguments of one instant query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Arguments {
    pub(crate) query: String,
    /// Milliseconds since the epoch; none: the server's now.
    pub(crate) time_ms: Option<i64>,
}

const NS_PER_MS: i64 = 1_000_000;

/// Reads and checks the arguments. `now_ns` is 0 when the host did not say.
pub(crate) fn read(arguments: &[Argument], now_ns: i64) -> Result<Arguments, Error> {
    let mut query = None;
    let mut time_ms = (now_ns > 0).then_some(now_ns / NS_PER_MS);
    for argument in arguments {
        match (argument.name.as_str(), &argument.value) {
            ("query", ArgumentValue::Template(parts)) => query = Some(template::render(parts)?),
            ("query", ArgumentValue::Scalar(Literal::Utf8(text))) => {
                query = Some(template::render(&[TextPart::Text(text.clone())])?);
            }
            ("time" | "step", ArgumentValue::Scalar(Literal::Null)) => {}
            ("time", ArgumentValue::Scalar(Literal::TimestampNs(at))) => {
                time_ms = Some(at.div_euclid(NS_PER_MS));
            }
            ("step", _) => {
                return Err(Error::unsupported(
                    "range queries (`step`) are not supported yet; without `step` this is an instant query",
                )
                .with_hint("read a range of samples with an instant query of a range selector: `up[5m]`"));
            }
            (name, value) => {
                return Err(Error::invalid_query(format!(
                    "expected `query` (text) and `time` (datetime), got {} for `{name}`",
                    kind(value)
                )));
            }
        }
    }
    match query {
        Some(query) if !query.trim().is_empty() => Ok(Arguments { query, time_ms }),
        _ => Err(Error::invalid_query("expected a PromQL text, got none")
            .with_hint("write `prometheus(\"up\")`")),
    }
}

fn kind(value: &ArgumentValue) -> &'static str {
    match value {
        ArgumentValue::Template(_) | ArgumentValue::Scalar(Literal::Utf8(_)) => "a text",
        ArgumentValue::Scalar(Literal::TimestampNs(_)) => "a datetime",
        ArgumentValue::Scalar(Literal::DurationNs(_)) => "a timespan",
        ArgumentValue::Scalar(Literal::Null) => "null",
        ArgumentValue::Scalar(Literal::Boolean(_)) => "a bool",
        ArgumentValue::Scalar(Literal::Binary(_)) => "bytes",
        ArgumentValue::Scalar(_) => "a number",
    }
}

/// Milliseconds as the decimal seconds that the API takes.
pub(crate) fn seconds(ms: i64) -> String {
    let (whole, rest) = (ms.div_euclid(1000), ms.rem_euclid(1000));
    format!("{whole}.{rest:03}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use trawl_sdk::types::ErrorCode;

    fn scalar(name: &str, value: Literal) -> Argument {
        Argument {
            name: name.into(),
            value: ArgumentValue::Scalar(value),
        }
    }

    #[test]
    fn time_is_now_unless_given() {
        let query = scalar("query", Literal::Utf8("up".into()));
        let read = |more: Vec<Argument>, now| read(&[vec![query.clone()], more].concat(), now);
        assert_eq!(read(vec![], 1_500_000_000).unwrap().time_ms, Some(1500));
        assert_eq!(read(vec![], 0).unwrap().time_ms, None);
        let at = scalar("time", Literal::TimestampNs(2_000_000));
        assert_eq!(read(vec![at], 1).unwrap().time_ms, Some(2));
        assert_eq!(seconds(1_795_249_575_123), "1795249575.123");
        assert_eq!(seconds(-1), "-1.999");
    }

    #[test]
    fn wrong_arguments_are_named() {
        let query = || scalar("query", Literal::Utf8("up".into()));
        for (arguments, code, part) in [
            (vec![], ErrorCode::InvalidQuery, "got none"),
            (
                vec![scalar("query", Literal::Utf8(" ".into()))],
                ErrorCode::InvalidQuery,
                "got none",
            ),
            (
                vec![scalar("query", Literal::Int64(1))],
                ErrorCode::InvalidQuery,
                "a number for `query`",
            ),
            (
                vec![query(), scalar("step", Literal::DurationNs(1))],
                ErrorCode::Unsupported,
                "range queries",
            ),
            (
                vec![query(), scalar("time", Literal::DurationNs(1))],
                ErrorCode::InvalidQuery,
                "a timespan for `time`",
            ),
            (
                vec![query(), scalar("nope", Literal::Null)],
                ErrorCode::InvalidQuery,
                "`nope`",
            ),
        ] {
            let error = read(&arguments, 0).unwrap_err();
            assert_eq!(error.code, code);
            assert!(error.message.contains(part), "{}", error.message);
        }
    }
}
