//! Owns times as Prometheus has them: milliseconds, written as seconds, and spans as PromQL writes them. Refuses time zones.

use serde::{Deserialize, Serialize};
use trawl_sdk::Error;
use trawl_sdk::filter::{Predicate, TimeRange};

/// The label that holds the metric's name.
pub(crate) const NAME_LABEL: &str = "__name__";

const NS_PER_MS: i64 = 1_000_000;

/// Milliseconds, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Window {
    pub(crate) from: i64,
    pub(crate) to: i64,
}

impl Window {
    /// All of time.
    pub(crate) const ALL: Self = Self {
        from: i64::MIN,
        to: i64::MAX,
    };

    pub(crate) fn contains(self, ms: i64) -> bool {
        self.from <= ms && ms <= self.to
    }

    pub(crate) fn is_empty(self) -> bool {
        self.from > self.to
    }

    /// The milliseconds between the ends.
    pub(crate) fn width(self) -> i64 {
        self.to.saturating_sub(self.from)
    }
}

/// The bounds that a query's conditions on `timestamp` set, in milliseconds, both included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Bounds(TimeRange);

impl Bounds {
    /// Takes a predicate when it is a bound; says whether it was.
    pub(crate) fn take(&mut self, predicate: &Predicate<'_>) -> bool {
        predicate.column.name == "timestamp" && self.0.take(predicate)
    }

    /// The first millisecond that is wanted.
    pub(crate) fn first_ms(self) -> Option<i64> {
        let from = self.0.from?;
        let floor = from.div_euclid(NS_PER_MS);
        Some(if from.rem_euclid(NS_PER_MS) == 0 {
            floor
        } else {
            floor.saturating_add(1)
        })
    }

    /// The last millisecond that is wanted.
    pub(crate) fn last_ms(self) -> Option<i64> {
        self.0.to.map(ms_of_ns)
    }
}

/// The millisecond that a nanosecond is in.
pub(crate) fn ms_of_ns(ns: i64) -> i64 {
    ns.div_euclid(NS_PER_MS)
}

/// The nanoseconds of a millisecond; those that do not fit are the first or the last that do.
pub(crate) fn ns_of_ms(ms: i64) -> i64 {
    ms.saturating_mul(NS_PER_MS)
}

/// Milliseconds as the decimal seconds that the API takes.
pub(crate) fn seconds(ms: i64) -> String {
    let (whole, rest) = (ms.unsigned_abs() / 1000, ms.unsigned_abs() % 1000);
    let sign = if ms < 0 { "-" } else { "" };
    if rest == 0 {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{rest:03}")
    }
}

/// A span as PromQL writes it: `300s`, `1500ms`.
pub(crate) fn span(ms: i64) -> String {
    if ms % 1000 == 0 {
        format!("{}s", ms / 1000)
    } else {
        format!("{ms}ms")
    }
}

/// A span of whole milliseconds, at least one.
pub(crate) fn positive_ms(ns: i64, what: &str) -> Result<i64, Error> {
    if ns >= NS_PER_MS && ns % NS_PER_MS == 0 {
        return Ok(ns / NS_PER_MS);
    }
    Err(Error::invalid_query(format!(
        "expected a timespan of whole milliseconds, at least one, as `{what}`, got {ns} ns"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use trawl_sdk::filter::Test;
    use trawl_sdk::schema::{Type, request_column};
    use trawl_sdk::types::{CompareOp, Literal};

    fn bounds(op: CompareOp, ns: i64) -> Bounds {
        let column = &request_column("timestamp", Type::Timestamp);
        let literal = Literal::TimestampNs(ns);
        let mut bounds = Bounds::default();
        let test = Test::Compare(op, &literal);
        assert!(bounds.take(&Predicate { column, test }));
        bounds
    }

    #[test]
    fn bounds_are_exact_in_milliseconds() {
        for (op, ns, from, to) in [
            (CompareOp::Ge, 5_000_000, Some(5), None),
            (CompareOp::Gt, 5_000_000, Some(6), None),
            (CompareOp::Ge, 5_000_001, Some(6), None),
            (CompareOp::Gt, 4_999_999, Some(5), None),
            (CompareOp::Le, 5_000_000, None, Some(5)),
            (CompareOp::Lt, 5_000_000, None, Some(4)),
            (CompareOp::Le, 5_999_999, None, Some(5)),
            (CompareOp::Lt, 5_000_001, None, Some(5)),
            (CompareOp::Eq, 5_000_000, Some(5), Some(5)),
            (CompareOp::Eq, 5_000_001, Some(6), Some(5)),
            (CompareOp::Ge, -1, Some(0), None),
            (CompareOp::Le, -1, None, Some(-1)),
        ] {
            let bounds = bounds(op, ns);
            assert_eq!(
                (bounds.first_ms(), bounds.last_ms()),
                (from, to),
                "{op:?} {ns}"
            );
        }
        let other = &request_column("other", Type::Timestamp);
        let literal = Literal::TimestampNs(1);
        let test = Test::Compare(CompareOp::Ge, &literal);
        assert!(!Bounds::default().take(&Predicate {
            column: other,
            test
        }));
    }

    #[test]
    fn times_and_spans_are_written_without_loss() {
        for (ms, text) in [
            (1_795_249_575_123, "1795249575.123"),
            (1000, "1"),
            (5, "0.005"),
            (-1, "-0.001"),
            (-1500, "-1.500"),
            (0, "0"),
        ] {
            assert_eq!(seconds(ms), text);
        }
        assert_eq!(
            (span(60_000).as_str(), span(1_500).as_str()),
            ("60s", "1500ms")
        );
        assert!(positive_ms(999_999, "step").is_err());
        assert!(positive_ms(1_500_000, "step").is_err());
        assert_eq!(positive_ms(2_000_000, "step").unwrap(), 2);
    }
}
