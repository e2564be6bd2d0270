//! Owns the range of time that conditions on a column leave; refuses to know in which units a source takes it.

use serde::{Deserialize, Serialize};

use super::{Predicate, Test};
use crate::types::{Column, CompareOp, DataType, Literal, TimeUnit};

/// Bounds in nanoseconds since the epoch, both included; without one the range is open there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeRange {
    /// The least time wanted.
    pub from: Option<i64>,
    /// The greatest time wanted.
    pub to: Option<i64>,
}

impl TimeRange {
    /// Narrows the range by a predicate, exactly. Says whether it did: not for another form than a comparison of a column of
    /// type [`Timestamp`](crate::schema::Type::Timestamp) with a time, and not for `!=`.
    pub fn take(&mut self, predicate: &Predicate<'_>) -> bool {
        match predicate.test {
            Test::Compare(op, Literal::TimestampNs(at)) if is_timestamp(predicate.column) => {
                self.narrow(op, *at)
            }
            _ => false,
        }
    }

    fn narrow(&mut self, op: CompareOp, at: i64) -> bool {
        let (from, to) = match op {
            CompareOp::Eq => (Some(at), Some(at)),
            CompareOp::Ge => (Some(at), None),
            CompareOp::Le => (None, Some(at)),
            // Nothing is after the last nanosecond and nothing before the first.
            CompareOp::Gt => match at.checked_add(1) {
                Some(after) => (Some(after), None),
                None => (Some(i64::MAX), Some(i64::MIN)),
            },
            CompareOp::Lt => match at.checked_sub(1) {
                Some(before) => (None, Some(before)),
                None => (Some(i64::MAX), Some(i64::MIN)),
            },
            CompareOp::Ne => return false,
        };
        if let Some(from) = from {
            self.from = Some(self.from.map_or(from, |before| before.max(from)));
        }
        if let Some(to) = to {
            self.to = Some(self.to.map_or(to, |before| before.min(to)));
        }
        true
    }

    /// Whether no time is in it.
    pub fn is_empty(&self) -> bool {
        self.from.zip(self.to).is_some_and(|(from, to)| from > to)
    }

    /// Whether a time is in it.
    pub fn contains(&self, at: i64) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at <= to)
    }
}

/// Whether the column itself, of type [`Timestamp`](crate::schema::Type::Timestamp), is meant.
pub fn is_timestamp(column: &Column) -> bool {
    let of = column.output.first().map(|field| &field.data_type);
    column.path.is_empty()
        && matches!(of, Some(DataType::Timestamp(of)) if of.unit == TimeUnit::Nanosecond && of.zone.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Type, request_column};

    #[test]
    fn comparisons_narrow_it() {
        let column = request_column("t", Type::Timestamp);
        let of = |tests: &[(CompareOp, i64)]| {
            let mut range = TimeRange::default();
            for (op, at) in tests {
                let literal = Literal::TimestampNs(*at);
                let test = Test::Compare(*op, &literal);
                let column = &column;
                assert!(range.take(&Predicate { column, test }));
            }
            range
        };
        let range = of(&[
            (CompareOp::Gt, 5),
            (CompareOp::Ge, 3),
            (CompareOp::Lt, 9),
            (CompareOp::Le, 20),
        ]);
        assert_eq!((range.from, range.to), (Some(6), Some(8)));
        assert!(range.contains(6) && range.contains(8) && !range.contains(9));
        for tests in [
            &[(CompareOp::Gt, i64::MAX)][..],
            &[(CompareOp::Lt, i64::MIN)],
            &[(CompareOp::Eq, 1), (CompareOp::Eq, 2)],
        ] {
            assert!(of(tests).is_empty(), "{tests:?}");
        }
    }

    #[test]
    fn other_forms_are_not_taken() {
        let at = Literal::TimestampNs(1);
        let text = Literal::Utf8("1970-01-01T00:00:00Z".into());
        for (of, test) in [
            (Type::Timestamp, Test::Compare(CompareOp::Ne, &at)),
            (Type::Timestamp, Test::Compare(CompareOp::Ge, &text)),
            (Type::Timestamp, Test::IsNotNull),
            (Type::Utf8, Test::Compare(CompareOp::Ge, &at)),
        ] {
            let column = &request_column("t", of);
            let mut range = TimeRange::default();
            assert!(!range.take(&Predicate { column, test }));
            assert_eq!(range, TimeRange::default());
        }
    }
}
