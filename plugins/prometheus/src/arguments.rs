//! Owns the reading of a table's arguments; refuses arguments that would be ignored in silence.

use trawl_sdk::Error;
use trawl_sdk::types::{Argument, ArgumentValue, Literal, Param, TextPart};

use crate::promql;
use crate::time::{ms_of_ns, positive_ms};

/// The arguments of one table.
pub(crate) struct Arguments<'r>(&'r [Argument]);

impl<'r> Arguments<'r> {
    /// Checks that each is one of the table's.
    ///
    /// # Errors
    /// `invalid-query` for another one.
    pub(crate) fn read(given: &'r [Argument], params: &[Param]) -> Result<Self, Error> {
        for argument in given {
            if !params.iter().any(|param| param.name == argument.name) {
                let names: Vec<&str> = params.iter().map(|param| param.name.as_str()).collect();
                return Err(Error::invalid_query(format!(
                    "expected the arguments {}, got `{}`",
                    names.join(", "),
                    argument.name
                )));
            }
        }
        Ok(Self(given))
    }

    /// Whether one was given, and not as null.
    pub(crate) fn has(given: &'r [Argument], name: &str) -> bool {
        Self(given).get(name).is_some()
    }

    fn get(&self, name: &str) -> Option<&'r ArgumentValue> {
        let found = self.0.iter().find(|argument| argument.name == name)?;
        (found.value != ArgumentValue::Scalar(Literal::Null)).then_some(&found.value)
    }

    /// A PromQL text with its bound values in place.
    ///
    /// # Errors
    /// `invalid-query` when it is no text, or a value cannot be bound where it stands.
    pub(crate) fn promql(&self, name: &str) -> Result<Option<String>, Error> {
        let text = match self.get(name) {
            None => return Ok(None),
            Some(ArgumentValue::Template(parts)) => promql::render(parts)?,
            Some(ArgumentValue::Scalar(Literal::Utf8(text))) => {
                promql::render(&[TextPart::Text(text.clone())])?
            }
            Some(other) => return Err(wrong(name, "a PromQL text", other)),
        };
        Ok((!text.trim().is_empty()).then_some(text))
    }

    /// A PromQL text that has to be there.
    ///
    /// # Errors
    /// As [`promql`](Self::promql), and when there is none.
    pub(crate) fn required_promql(&self, name: &str, example: &str) -> Result<String, Error> {
        self.promql(name)?.ok_or_else(|| {
            Error::invalid_query("expected a PromQL text, got none")
                .with_hint(format!("write `{example}`"))
        })
    }

    /// A time, in milliseconds since the epoch.
    ///
    /// # Errors
    /// `invalid-query` when it is something else.
    pub(crate) fn time_ms(&self, name: &str) -> Result<Option<i64>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(ArgumentValue::Scalar(Literal::TimestampNs(ns))) => Ok(Some(ms_of_ns(*ns))),
            Some(other) => Err(wrong(name, "a datetime", other)),
        }
    }

    /// A span of time, in milliseconds; at least one.
    ///
    /// # Errors
    /// `invalid-query` when it is something else.
    pub(crate) fn span_ms(&self, name: &str) -> Result<Option<i64>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(ArgumentValue::Scalar(Literal::DurationNs(ns))) => {
                positive_ms(*ns, name).map(Some)
            }
            Some(other) => Err(wrong(name, "a timespan", other)),
        }
    }

    /// A number of things; at least one.
    ///
    /// # Errors
    /// `invalid-query` when it is something else.
    pub(crate) fn count(&self, name: &str) -> Result<Option<i64>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(ArgumentValue::Scalar(Literal::Int64(count))) if *count > 0 => Ok(Some(*count)),
            Some(other) => Err(wrong(name, "a number from 1 on", other)),
        }
    }
}

fn wrong(name: &str, expected: &str, value: &ArgumentValue) -> Error {
    Error::invalid_query(format!(
        "expected {expected} as `{name}`, got {}",
        kind(value)
    ))
}

fn kind(value: &ArgumentValue) -> &'static str {
    match value {
        ArgumentValue::Template(_) | ArgumentValue::Scalar(Literal::Utf8(_)) => "a text",
        ArgumentValue::Scalar(Literal::TimestampNs(_)) => "a datetime",
        ArgumentValue::Scalar(Literal::DurationNs(_)) => "a timespan",
        ArgumentValue::Scalar(Literal::Null) => "null",
        ArgumentValue::Scalar(Literal::Boolean(_)) => "a bool",
        ArgumentValue::Scalar(Literal::Binary(_)) => "bytes",
        ArgumentValue::Scalar(_) => "another number",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trawl_sdk::schema::{Type, param};

    #[test]
    fn arguments_are_checked_by_name_and_kind() {
        let params = [
            param("query", &Type::Utf8, true, true, ""),
            param("step", &Type::Duration, false, false, ""),
            param("time", &Type::Timestamp, false, false, ""),
            param("top", &Type::Int64, false, false, ""),
        ];
        let scalar = |name: &str, value| Argument {
            name: name.into(),
            value: ArgumentValue::Scalar(value),
        };
        let given = [
            scalar("query", Literal::Utf8(" up ".into())),
            scalar("step", Literal::DurationNs(60_000_000_000)),
            scalar("time", Literal::TimestampNs(-1)),
            scalar("top", Literal::Null),
        ];
        let arguments = Arguments::read(&given, &params).unwrap();
        assert_eq!(arguments.promql("query").unwrap().as_deref(), Some(" up "));
        assert_eq!(arguments.span_ms("step").unwrap(), Some(60_000));
        assert_eq!(arguments.time_ms("time").unwrap(), Some(-1));
        assert_eq!(arguments.count("top").unwrap(), None);
        for (name, part) in [
            ("query", "a timespan"),
            ("time", "a text"),
            ("top", "a number from 1"),
        ] {
            let given = match name {
                "query" => [scalar(name, Literal::DurationNs(1))],
                "time" => [scalar(name, Literal::Utf8("1".into()))],
                _ => [scalar(name, Literal::Int64(0))],
            };
            let arguments = Arguments::read(&given, &params).unwrap();
            let error = match name {
                "query" => arguments.promql(name).unwrap_err(),
                "time" => arguments.time_ms(name).unwrap_err(),
                _ => arguments.count(name).unwrap_err(),
            };
            assert!(error.message.contains(part), "{}", error.message);
        }
        assert!(Arguments::read(&[scalar("nope", Literal::Null)], &params).is_err());
        let empty = [scalar("query", Literal::Utf8(" ".into()))];
        let arguments = Arguments::read(&empty, &params).unwrap();
        assert!(arguments.required_promql("query", "x").is_err());
    }
}
