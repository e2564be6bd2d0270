//! Owns the reading of a table's arguments; refuses those that would be ignored in silence.

use trawl_sdk::Error;
use trawl_sdk::schema::{Type, param};
use trawl_sdk::types::{Argument, ArgumentValue, Literal, Param, TextPart};

use crate::logql;

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

    fn get(&self, name: &str) -> Option<&'r ArgumentValue> {
        let found = self.0.iter().find(|argument| argument.name == name)?;
        (found.value != ArgumentValue::Scalar(Literal::Null)).then_some(&found.value)
    }

    /// A LogQL text with its bound values in place; none where it is empty.
    ///
    /// # Errors
    /// `invalid-query` when it is no text, or a value cannot be bound where it stands.
    pub(crate) fn logql(&self, name: &str) -> Result<Option<String>, Error> {
        let text = match self.get(name) {
            None => return Ok(None),
            Some(ArgumentValue::Template(parts)) => logql::render(parts)?,
            Some(ArgumentValue::Scalar(Literal::Utf8(text))) => {
                logql::render(&[TextPart::Text(text.clone())])?
            }
            Some(_) => return Err(wrong(name, "a LogQL text")),
        };
        Ok((!text.trim().is_empty()).then_some(text))
    }

    /// A time, in nanoseconds since the epoch.
    ///
    /// # Errors
    /// `invalid-query` when it is something else.
    pub(crate) fn time(&self, name: &str) -> Result<Option<i64>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(ArgumentValue::Scalar(Literal::TimestampNs(ns))) => Ok(Some(*ns)),
            Some(_) => Err(wrong(name, "a datetime")),
        }
    }

    /// A span of time in nanoseconds; whole milliseconds, at least one, which is the resolution of samples.
    ///
    /// # Errors
    /// `invalid-query` when it is something else.
    pub(crate) fn step(&self, name: &str) -> Result<Option<i64>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(ArgumentValue::Scalar(Literal::DurationNs(ns))) if *ns > 0 && *ns % MS == 0 => {
                Ok(Some(*ns))
            }
            Some(_) => Err(wrong(
                name,
                "a timespan of whole milliseconds, at least one,",
            )),
        }
    }
}

const MS: i64 = 1_000_000;

fn wrong(name: &str, expected: &str) -> Error {
    Error::invalid_query(format!(
        "expected {expected} as `{name}`, got something else"
    ))
}

/// The arguments that say which part of the past a table is about.
pub(crate) fn period() -> [Param; 2] {
    let time = &Type::Timestamp;
    [
        param(
            "start",
            time,
            false,
            false,
            "from when on; an hour before the query's now() by default",
        ),
        param(
            "end",
            time,
            false,
            false,
            "until when; the query's now() by default",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scalar(name: &str, value: Literal) -> Argument {
        Argument {
            name: name.into(),
            value: ArgumentValue::Scalar(value),
        }
    }

    #[test]
    fn arguments_are_checked_by_name_and_kind() {
        let mut params = period().to_vec();
        params.push(param("query", &Type::Utf8, false, true, ""));
        params.push(param("step", &Type::Duration, false, false, ""));
        let given = [
            scalar("query", Literal::Utf8("{a=\"b\"}".into())),
            scalar("start", Literal::TimestampNs(5)),
            scalar("end", Literal::Null),
            scalar("step", Literal::DurationNs(MS)),
        ];
        let arguments = Arguments::read(&given, &params).unwrap();
        let text = arguments.logql("query").unwrap();
        assert_eq!(text.as_deref(), Some("{a=\"b\"}"));
        assert_eq!(arguments.time("start").unwrap(), Some(5));
        assert_eq!(arguments.time("end").unwrap(), None);
        assert_eq!(arguments.step("step").unwrap(), Some(MS));
        assert!(arguments.step("start").is_err());
        assert!(arguments.time("query").is_err());
        assert!(arguments.logql("step").is_err());
        assert!(Arguments::read(&[scalar("nope", Literal::Null)], &params).is_err());
        let short = [scalar("step", Literal::DurationNs(1))];
        assert!(Arguments(&short).step("step").is_err());
    }
}
