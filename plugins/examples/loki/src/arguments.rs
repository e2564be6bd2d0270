//! Owns what the tables' arguments have in common beyond their types: LogQL with its bound values, steps, periods. Refuses values of
//! other types, which is the SDK's.

use trawl_sdk::Error;
use trawl_sdk::schema::{Type, param};
use trawl_sdk::table::Arguments;
use trawl_sdk::types::Param;

use crate::logql;

/// Nanoseconds of the resolution of samples.
const MS: i64 = 1_000_000;

/// A LogQL text with its bound values in place; none where it is empty.
///
/// # Errors
/// `invalid-query` when a value cannot be bound where it stands.
pub(crate) fn text(arguments: Arguments<'_>, name: &str) -> Result<Option<String>, Error> {
    let Some(parts) = arguments.template(name)? else {
        return Ok(None);
    };
    let text = logql::render(&parts)?;
    Ok((!text.trim().is_empty()).then_some(text))
}

/// A span of time in nanoseconds; whole milliseconds, at least one, which is the resolution of samples.
///
/// # Errors
/// `invalid-query` when it is something else.
pub(crate) fn step(arguments: Arguments<'_>, name: &str) -> Result<Option<i64>, Error> {
    match arguments.duration_ns(name)? {
        Some(ns) if ns <= 0 || ns % MS != 0 => Err(Error::invalid_query(format!(
            "expected a timespan of whole milliseconds, at least one, as `{name}`, got {ns} ns"
        ))),
        step => Ok(step),
    }
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
    use trawl_sdk::types::{Argument, ArgumentValue, Literal};

    #[test]
    fn texts_and_steps_are_read() {
        let scalar = |name: &str, value| Argument {
            name: name.into(),
            value: ArgumentValue::Scalar(value),
        };
        let given = [
            scalar("query", Literal::Utf8("{a=\"b\"}".into())),
            scalar("match", Literal::Utf8(" ".into())),
            scalar("step", Literal::DurationNs(MS)),
            scalar("short", Literal::DurationNs(1)),
        ];
        let arguments = Arguments::of(&given);
        assert_eq!(
            text(arguments, "query").unwrap().as_deref(),
            Some("{a=\"b\"}")
        );
        assert_eq!(text(arguments, "match").unwrap(), None);
        assert_eq!(text(arguments, "nope").unwrap(), None);
        assert_eq!(step(arguments, "step").unwrap(), Some(MS));
        assert!(step(arguments, "short").is_err());
        assert!(text(arguments, "step").is_err());
    }
}
