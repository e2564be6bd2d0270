//! Owns the time that a scan is about: its bounds, what is read where nobody says them, its cuts into parts. Refuses time zones.

use serde::{Deserialize, Serialize};
use trawl_sdk::Error;
use trawl_sdk::filter::TimeRange;

/// How far back is read when nobody says it: what Loki does without `start`.
const DEFAULT_NS: i64 = 3_600 * SECOND;

pub(crate) const SECOND: i64 = 1_000_000_000;

/// Loki takes a number of at most ten digits for seconds, so that the first seconds of 1970 cannot be said in nanoseconds.
const FIRST: i64 = 10 * SECOND;

/// Nanoseconds since the epoch, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Window {
    pub(crate) from: i64,
    pub(crate) to: i64,
}

impl Window {
    pub(crate) fn is_empty(self) -> bool {
        self.from > self.to
    }

    pub(crate) fn contains(self, at: i64) -> bool {
        self.from <= at && at <= self.to
    }

    /// The parameters `start` and `end`: Loki's end is excluded.
    pub(crate) fn parameters(self) -> (String, String) {
        (self.from.to_string(), self.to.saturating_add(1).to_string())
    }

    /// Two halves, the earlier one first; none when it is one nanosecond.
    pub(crate) fn halves(self) -> Option<(Self, Self)> {
        let width = self.to.checked_sub(self.from).filter(|width| *width > 0)?;
        let middle = self.from.saturating_add(width / 2);
        let early = Self { to: middle, ..self };
        let late = Self {
            from: middle.saturating_add(1),
            ..self
        };
        Some((early, late))
    }

    /// At most `count` parts of about the same width, each at least `least` wide, the earliest first.
    pub(crate) fn parts(self, count: u32, least: i64) -> Vec<Self> {
        let width = self.to.saturating_sub(self.from).saturating_add(1).max(1);
        let fit = (width / least.max(1)).clamp(1, i64::from(count.max(1)));
        let step = width / fit;
        (0..fit)
            .map(|index| {
                let from = self.from.saturating_add(step.saturating_mul(index));
                let last = index.saturating_add(1) == fit;
                let to = if last {
                    self.to
                } else {
                    from.saturating_add(step).saturating_sub(1)
                };
                Self { from, to }
            })
            .collect()
    }
}

/// What a query says of its time.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Asked {
    /// The conditions on `timestamp`.
    pub(crate) conditions: TimeRange,
    /// The argument `start`.
    pub(crate) start: Option<i64>,
    /// The argument `end`.
    pub(crate) end: Option<i64>,
}

impl Asked {
    /// The window, and whether nobody said from when. Without an end it ends now; the arguments and the conditions all hold.
    ///
    /// # Errors
    /// `invalid-query` when only an end is said, and it lies before what is read without a beginning.
    pub(crate) fn window(self, now: i64) -> Result<(Window, bool), Error> {
        let narrow =
            |both: [Option<i64>; 2], by: fn(i64, i64) -> i64| both.into_iter().flatten().reduce(by);
        let ends = [self.conditions.to, self.end];
        let to = narrow(ends, i64::min).unwrap_or(now);
        let begins = [self.conditions.from, self.start];
        let (from, defaulted) = match narrow(begins, i64::max) {
            Some(from) => (from, false),
            None => (now.saturating_sub(DEFAULT_NS), true),
        };
        if defaulted && to < from {
            return Err(Error::invalid_query(
                "expected a condition on `timestamp` that says from when on, got only one that says until when, more than an hour ago",
            )
            .with_hint("add `| where timestamp > ago(1d)`"));
        }
        let window = Window {
            from: from.max(FIRST),
            to: to.min(i64::MAX.saturating_sub(1)),
        };
        Ok((window, defaulted))
    }
}

/// What is told where nobody said from when.
pub(crate) const DEFAULTED: &str =
    "only the last hour was read: no condition on `timestamp` says from when on";

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_249_575_123_000_000;

    fn asked(from: Option<i64>, to: Option<i64>) -> Result<(Window, bool), Error> {
        let conditions = TimeRange { from, to };
        Asked {
            conditions,
            ..Asked::default()
        }
        .window(NOW)
    }

    #[test]
    fn the_last_hour_is_read_by_default() {
        let (window, defaulted) = asked(None, None).unwrap();
        assert_eq!((window.from, window.to), (NOW - DEFAULT_NS, NOW));
        assert!(defaulted);
        assert_eq!(window.parameters().1, (NOW + 1).to_string());
        let (window, defaulted) = asked(Some(NOW - 5), Some(NOW - 1)).unwrap();
        assert_eq!(
            (window.from, window.to, defaulted),
            (NOW - 5, NOW - 1, false)
        );
        assert!(asked(None, Some(NOW - DEFAULT_NS - 1)).is_err());
        assert!(asked(Some(NOW), Some(NOW - 1)).unwrap().0.is_empty());
        let extremes = asked(Some(i64::MIN), Some(i64::MAX)).unwrap().0;
        assert_eq!(extremes.from, FIRST);
        assert_eq!(extremes.parameters().1, i64::MAX.to_string());
    }

    #[test]
    fn arguments_and_conditions_both_hold() {
        let asked = Asked {
            conditions: TimeRange {
                from: Some(NOW - 10),
                to: None,
            },
            start: Some(NOW - 20),
            end: Some(NOW - 5),
        };
        let (window, _) = asked.window(NOW).unwrap();
        assert_eq!((window.from, window.to), (NOW - 10, NOW - 5));
    }

    #[test]
    fn parts_are_the_whole() {
        for (from, to, count, least, expected) in [
            (0, 99, 4, 10, 4),
            (0, 100, 3, 1, 3),
            (0, 9, 4, 10, 1),
            (5, 5, 4, 10, 1),
            (0, 29, 9, 10, 3),
        ] {
            let parts = Window { from, to }.parts(count, least);
            assert_eq!(parts.len(), expected);
            assert_eq!((parts[0].from, parts[parts.len() - 1].to), (from, to));
            for pair in parts.windows(2) {
                assert_eq!(pair[0].to + 1, pair[1].from);
            }
        }
        let (early, late) = Window { from: 0, to: 1 }.halves().unwrap();
        assert_eq!((early.to, late.from), (0, 1));
        assert!(Window { from: 1, to: 1 }.halves().is_none());
    }
}
