//! Owns the reading of a table's arguments; refuses names that the table does not have and values of another type, by name.

use crate::Error;
use crate::types::{Argument, ArgumentValue, DataType, Literal, Param, TextPart};

/// The arguments of a request. One that was given as null was not given.
#[derive(Debug, Clone, Copy)]
pub struct Arguments<'r>(&'r [Argument]);

impl<'r> Arguments<'r> {
    /// Without a look at what the table takes: the SDK has checked them for a [`Table`](super::Table).
    pub fn of(given: &'r [Argument]) -> Self {
        Self(given)
    }

    /// Checks that each is one of the table's, and of its type.
    ///
    /// # Errors
    /// `invalid-query` for another one.
    pub fn known(given: &'r [Argument], params: &[Param]) -> Result<Self, Error> {
        for argument in given {
            let param = params.iter().find(|param| param.name == argument.name);
            let param = param.ok_or_else(|| unknown(&argument.name, params))?;
            fits(&argument.value, param)?;
        }
        Ok(Self(given))
    }

    /// Checks that each is one of the table's and of its type, and that those are there which must be.
    ///
    /// # Errors
    /// `invalid-query` for another one, and for one that is missing.
    pub fn check(given: &'r [Argument], params: &[Param]) -> Result<Self, Error> {
        let arguments = Self::known(given, params)?;
        let missing = params
            .iter()
            .find(|param| param.required && !arguments.has(&param.name));
        missing.map_or(Ok(arguments), |param| {
            let description = param.description.as_deref().unwrap_or("no description");
            Err(Error::invalid_query(format!(
                "expected the argument `{}` ({description}), got none",
                param.name
            )))
        })
    }

    /// Whether one was given.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// What was given for one.
    pub fn get(&self, name: &str) -> Option<&'r ArgumentValue> {
        let found = self.0.iter().find(|argument| argument.name == name)?;
        (found.value != ArgumentValue::Scalar(Literal::Null)).then_some(&found.value)
    }

    /// A text, with bound texts as they are: it is a name, not a language.
    ///
    /// # Errors
    /// `invalid-query` for another type, and for a bound value that is no text.
    pub fn text(&self, name: &str) -> Result<Option<String>, Error> {
        let Some(parts) = self.template(name)? else {
            return Ok(None);
        };
        let texts = parts.into_iter().map(|part| match part {
            TextPart::Text(text) | TextPart::Bound(Literal::Utf8(text)) => Ok(text),
            TextPart::Bound(other) => Err(Error::invalid_query(format!(
                "expected only texts bound into `{name}`, got {}",
                kind(&other)
            ))),
        });
        texts.collect::<Result<String, _>>().map(Some)
    }

    /// The parts of an embedded text, whose bound values the plugin escapes for its language.
    ///
    /// # Errors
    /// `invalid-query` for another type.
    pub fn template(&self, name: &str) -> Result<Option<Vec<TextPart>>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(ArgumentValue::Template(parts)) => Ok(Some(parts.clone())),
            Some(ArgumentValue::Scalar(Literal::Utf8(text))) => {
                Ok(Some(vec![TextPart::Text(text.clone())]))
            }
            Some(other) => Err(wrong(name, "a text", other)),
        }
    }

    /// Nanoseconds since the epoch of a time.
    ///
    /// # Errors
    /// `invalid-query` for another type.
    pub fn timestamp_ns(&self, name: &str) -> Result<Option<i64>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(ArgumentValue::Scalar(Literal::TimestampNs(ns))) => Ok(Some(*ns)),
            Some(other) => Err(wrong(name, "a datetime", other)),
        }
    }

    /// Nanoseconds of a span of time.
    ///
    /// # Errors
    /// `invalid-query` for another type.
    pub fn duration_ns(&self, name: &str) -> Result<Option<i64>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(ArgumentValue::Scalar(Literal::DurationNs(ns))) => Ok(Some(*ns)),
            Some(other) => Err(wrong(name, "a timespan", other)),
        }
    }

    /// A truth value.
    ///
    /// # Errors
    /// `invalid-query` for another type.
    pub fn boolean(&self, name: &str) -> Result<Option<bool>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(ArgumentValue::Scalar(Literal::Boolean(value))) => Ok(Some(*value)),
            Some(other) => Err(wrong(name, "true or false", other)),
        }
    }

    /// A whole number that is not negative.
    ///
    /// # Errors
    /// `invalid-query` for another type or a negative number.
    pub fn count(&self, name: &str) -> Result<Option<u64>, Error> {
        let value = match self.get(name) {
            None => return Ok(None),
            Some(ArgumentValue::Scalar(Literal::Uint64(value))) => Some(*value),
            Some(ArgumentValue::Scalar(Literal::Int64(value))) => u64::try_from(*value).ok(),
            Some(other) => return Err(wrong(name, "a whole number", other)),
        };
        let negative = || {
            Error::invalid_query(format!(
                "expected a number that is not negative as `{name}`, got a negative one"
            ))
        };
        value.ok_or_else(negative).map(Some)
    }
}

fn unknown(name: &str, params: &[Param]) -> Error {
    let names: Vec<&str> = params.iter().map(|param| param.name.as_str()).collect();
    Error::invalid_query(if names.is_empty() {
        format!("expected no arguments, got `{name}`")
    } else {
        format!("expected the arguments {}, got `{name}`", names.join(", "))
    })
}

/// Whether a value is of its parameter's type, or null.
fn fits(value: &ArgumentValue, param: &Param) -> Result<(), Error> {
    let expected = match (&param.data_type, value) {
        (_, ArgumentValue::Scalar(Literal::Null))
        | (DataType::Utf8, ArgumentValue::Template(_) | ArgumentValue::Scalar(Literal::Utf8(_)))
        | (DataType::Boolean, ArgumentValue::Scalar(Literal::Boolean(_)))
        | (DataType::Int64, ArgumentValue::Scalar(Literal::Int64(_) | Literal::Uint64(_)))
        | (
            DataType::Float64,
            ArgumentValue::Scalar(
                Literal::Float64(_) | Literal::Int64(_) | Literal::Uint64(_) | Literal::Decimal(_),
            ),
        )
        | (DataType::Timestamp(_), ArgumentValue::Scalar(Literal::TimestampNs(_)))
        | (DataType::Duration(_), ArgumentValue::Scalar(Literal::DurationNs(_))) => return Ok(()),
        (DataType::Utf8, _) => "a text",
        (DataType::Boolean, _) => "true or false",
        (DataType::Int64, _) => "a whole number",
        (DataType::Float64, _) => "a number",
        (DataType::Timestamp(_), _) => "a datetime",
        (DataType::Duration(_), _) => "a timespan",
        // What the plugin declares beyond these, it checks.
        _ => return Ok(()),
    };
    Err(wrong(&param.name, expected, value))
}

fn wrong(name: &str, expected: &str, value: &ArgumentValue) -> Error {
    let got = match value {
        ArgumentValue::Template(_) => "a text",
        ArgumentValue::Scalar(literal) => kind(literal),
    };
    Error::invalid_query(format!("expected {expected} as `{name}`, got {got}"))
}

fn kind(literal: &Literal) -> &'static str {
    match literal {
        Literal::Utf8(_) => "a text",
        Literal::TimestampNs(_) => "a datetime",
        Literal::DurationNs(_) => "a timespan",
        Literal::Null => "null",
        Literal::Boolean(_) => "a bool",
        Literal::Binary(_) => "bytes",
        Literal::Int64(_) | Literal::Uint64(_) => "a whole number",
        Literal::Float64(_) | Literal::Decimal(_) => "a number",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Type, param};

    fn scalar(name: &str, value: Literal) -> Argument {
        Argument {
            name: name.into(),
            value: ArgumentValue::Scalar(value),
        }
    }

    fn params() -> Vec<Param> {
        [
            ("text", Type::Utf8),
            ("flag", Type::Bool),
            ("count", Type::Int64),
            ("real", Type::Float64),
            ("from", Type::Timestamp),
            ("step", Type::Duration),
        ]
        .map(|(name, of)| param(name, &of, name == "text", false, "which"))
        .into()
    }

    #[test]
    fn values_come_typed() {
        let bound = |value| TextPart::Bound(value);
        let given = [
            Argument {
                name: "text".into(),
                value: ArgumentValue::Template(vec![
                    TextPart::Text("a".into()),
                    bound(Literal::Utf8("b".into())),
                ]),
            },
            scalar("flag", Literal::Boolean(true)),
            scalar("count", Literal::Int64(7)),
            scalar("real", Literal::Int64(1)),
            scalar("from", Literal::TimestampNs(-1)),
            scalar("step", Literal::Null),
        ];
        let arguments = Arguments::check(&given, &params()).unwrap();
        assert_eq!(arguments.text("text").unwrap().as_deref(), Some("ab"));
        assert_eq!(arguments.boolean("flag").unwrap(), Some(true));
        assert_eq!(arguments.count("count").unwrap(), Some(7));
        assert_eq!(arguments.timestamp_ns("from").unwrap(), Some(-1));
        assert_eq!(arguments.duration_ns("step").unwrap(), None);
        assert!(!arguments.has("step") && arguments.has("flag"));
        assert!(arguments.text("count").is_err());
        let negative = [scalar("count", Literal::Int64(-1))];
        assert!(Arguments::of(&negative).count("count").is_err());
    }

    #[test]
    fn what_does_not_fit_is_told_by_name() {
        for (given, expected) in [
            (
                scalar("nope", Literal::Null),
                "expected the arguments text, flag, count, real, from, step, got `nope`",
            ),
            (
                scalar("text", Literal::Int64(1)),
                "expected a text as `text`, got a whole number",
            ),
            (
                scalar("flag", Literal::Utf8("x".into())),
                "expected true or false as `flag`, got a text",
            ),
            (
                scalar("count", Literal::Float64(1.5)),
                "expected a whole number as `count`, got a number",
            ),
            (
                scalar("real", Literal::Boolean(true)),
                "expected a number as `real`, got a bool",
            ),
            (
                scalar("from", Literal::DurationNs(1)),
                "expected a datetime as `from`, got a timespan",
            ),
            (
                scalar("step", Literal::TimestampNs(1)),
                "expected a timespan as `step`, got a datetime",
            ),
            (
                scalar("flag", Literal::Null),
                "expected the argument `text` (which), got none",
            ),
        ] {
            let error = Arguments::check(&[given], &params()).unwrap_err();
            assert_eq!(error.message, expected);
        }
        let error = Arguments::check(&[scalar("x", Literal::Null)], &[]).unwrap_err();
        assert_eq!(error.message, "expected no arguments, got `x`");
    }
}
