//! Owns what Prometheus' arguments have beyond their types: PromQL, milliseconds, numbers from 1 on. Refuses what the SDK has checked
//! already: names, types, whether one is missing.

use trawl_sdk::Error;
use trawl_sdk::table::Arguments;

use crate::promql;
use crate::time::{ms_of_ns, positive_ms};

/// What Prometheus' tables read from their arguments.
pub(crate) trait Promql {
    /// A PromQL text with its bound values in place.
    ///
    /// # Errors
    /// `invalid-query` when it is no text, or a value cannot be bound where it stands.
    fn promql(&self, name: &str) -> Result<Option<String>, Error>;

    /// A PromQL text that has to be there.
    ///
    /// # Errors
    /// As [`promql`](Self::promql), and when there is none.
    fn required_promql(&self, name: &str, example: &str) -> Result<String, Error> {
        self.promql(name)?.ok_or_else(|| {
            Error::invalid_query("expected a PromQL text, got none")
                .with_hint(format!("write `{example}`"))
        })
    }

    /// A time, in milliseconds since the epoch.
    ///
    /// # Errors
    /// `invalid-query` when it is something else.
    fn time_ms(&self, name: &str) -> Result<Option<i64>, Error>;

    /// A span of time, in milliseconds; at least one.
    ///
    /// # Errors
    /// `invalid-query` when it is something else.
    fn span_ms(&self, name: &str) -> Result<Option<i64>, Error>;

    /// A number of things; at least one.
    ///
    /// # Errors
    /// `invalid-query` when it is something else.
    fn positive(&self, name: &str) -> Result<Option<u64>, Error>;
}

impl Promql for Arguments<'_> {
    fn promql(&self, name: &str) -> Result<Option<String>, Error> {
        let Some(parts) = self.template(name)? else {
            return Ok(None);
        };
        let text = promql::render(&parts)?;
        Ok((!text.trim().is_empty()).then_some(text))
    }

    fn time_ms(&self, name: &str) -> Result<Option<i64>, Error> {
        Ok(self.timestamp_ns(name)?.map(ms_of_ns))
    }

    fn span_ms(&self, name: &str) -> Result<Option<i64>, Error> {
        let ns = self.duration_ns(name)?;
        ns.map(|ns| positive_ms(ns, name)).transpose()
    }

    fn positive(&self, name: &str) -> Result<Option<u64>, Error> {
        match self.count(name)? {
            Some(0) => Err(Error::invalid_query(format!(
                "expected a number from 1 on as `{name}`, got 0"
            ))),
            other => Ok(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trawl_sdk::types::{Argument, ArgumentValue, Literal};

    fn scalar(name: &str, value: Literal) -> Argument {
        Argument {
            name: name.into(),
            value: ArgumentValue::Scalar(value),
        }
    }

    #[test]
    fn arguments_are_read_as_prometheus_has_them() {
        let given = [
            scalar("query", Literal::Utf8(" up ".into())),
            scalar("empty", Literal::Utf8(" ".into())),
            scalar("step", Literal::DurationNs(60_000_000_000)),
            scalar("none", Literal::DurationNs(0)),
            scalar("time", Literal::TimestampNs(-1)),
            scalar("top", Literal::Int64(3)),
            scalar("zero", Literal::Int64(0)),
        ];
        let arguments = Arguments::of(&given);
        assert_eq!(arguments.promql("query").unwrap().as_deref(), Some(" up "));
        assert_eq!(arguments.promql("nope").unwrap(), None);
        assert!(arguments.required_promql("empty", "x").is_err());
        assert_eq!(arguments.span_ms("step").unwrap(), Some(60_000));
        assert!(arguments.span_ms("none").is_err());
        assert_eq!(arguments.time_ms("time").unwrap(), Some(-1));
        assert_eq!(arguments.positive("top").unwrap(), Some(3));
        assert!(arguments.positive("zero").is_err());
    }
}
