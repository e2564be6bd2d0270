//! The calendar in a time zone: the beginnings of days, weeks and months, and the parts of a time.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, TimestampNanosecondArray};
use arrow::datatypes::{DataType, TimestampNanosecondType};
use chrono::{DateTime, Datelike, Days, LocalResult, NaiveTime, TimeZone, Timelike, Utc};
use chrono_tz::{GapInfo, Tz};
use datafusion_common::Result;

use super::Kernel;
use crate::types::Type;

/// What a time is set back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// The day.
    Day,
    /// The week, from Monday.
    Week,
    /// The month.
    Month,
}

/// The instant at which the local day, week or month of a time began.
///
/// Where there is no local midnight on that day it is the first instant after the gap, where there are two it is the first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StartOf {
    /// What begins.
    pub unit: Unit,
    /// Where.
    pub zone: Tz,
}

impl StartOf {
    fn of(&self, nanoseconds: i64) -> Option<i64> {
        let date = local(nanoseconds, self.zone).date_naive();
        let first = match self.unit {
            Unit::Day => date,
            Unit::Week => {
                let days = date.weekday().num_days_from_monday();
                date.checked_sub_days(Days::new(u64::from(days)))?
            }
            Unit::Month => date.with_day(1)?,
        };
        let midnight = first.and_time(NaiveTime::MIN);
        let start = match self.zone.from_local_datetime(&midnight) {
            LocalResult::Single(start) | LocalResult::Ambiguous(start, _) => start,
            LocalResult::None => GapInfo::new(&midnight, &self.zone)?.end?,
        };
        start.timestamp_nanos_opt()
    }
}

impl Kernel for StartOf {
    fn name(&self) -> &str {
        match self.unit {
            Unit::Day => "startofday",
            Unit::Week => "startofweek",
            Unit::Month => "startofmonth",
        }
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(Type::Datetime.arrow())
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let starts: TimestampNanosecondArray = times(self.name(), arguments)?
            .map(|time| self.of(time?))
            .collect();
        Ok(Arc::new(starts.with_timezone("UTC")))
    }
}

/// A part of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// Year.
    Year,
    /// 1 to 4.
    Quarter,
    /// 1 to 12.
    Month,
    /// ISO 8601, 1 to 53.
    Week,
    /// Of the month, 1 to 31.
    Day,
    /// 1 to 366.
    DayOfYear,
    /// ISO 8601: Monday is 1, Sunday is 7.
    DayOfWeek,
    /// 0 to 23.
    Hour,
    /// 0 to 59.
    Minute,
    /// 0 to 59.
    Second,
    /// Within the second.
    Millisecond,
    /// Within the second.
    Microsecond,
    /// Within the second.
    Nanosecond,
}

/// The parts by their names.
pub const PARTS: [(&str, Part); 13] = [
    ("year", Part::Year),
    ("quarter", Part::Quarter),
    ("month", Part::Month),
    ("week", Part::Week),
    ("day", Part::Day),
    ("dayofyear", Part::DayOfYear),
    ("dayofweek", Part::DayOfWeek),
    ("hour", Part::Hour),
    ("minute", Part::Minute),
    ("second", Part::Second),
    ("millisecond", Part::Millisecond),
    ("microsecond", Part::Microsecond),
    ("nanosecond", Part::Nanosecond),
];

/// `datetime_part`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PartOf {
    /// Which.
    pub part: Part,
    /// Where.
    pub zone: Tz,
}

impl PartOf {
    fn of(&self, nanoseconds: i64) -> i64 {
        let time = local(nanoseconds, self.zone);
        match self.part {
            Part::Year => i64::from(time.year()),
            Part::Quarter => i64::from(time.month0() / 3 + 1),
            Part::Month => i64::from(time.month()),
            Part::Week => i64::from(time.iso_week().week()),
            Part::Day => i64::from(time.day()),
            Part::DayOfYear => i64::from(time.ordinal()),
            Part::DayOfWeek => i64::from(time.weekday().number_from_monday()),
            Part::Hour => i64::from(time.hour()),
            Part::Minute => i64::from(time.minute()),
            Part::Second => i64::from(time.second()),
            Part::Millisecond => i64::from(time.nanosecond() / 1_000_000),
            Part::Microsecond => i64::from(time.nanosecond() / 1_000),
            Part::Nanosecond => i64::from(time.nanosecond()),
        }
    }
}

impl Kernel for PartOf {
    fn name(&self) -> &str {
        "datetime_part"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let parts: Int64Array = times(self.name(), arguments)?
            .map(|time| Some(self.of(time?)))
            .collect();
        Ok(Arc::new(parts))
    }
}

/// A time as the clocks and calendars of a zone show it.
pub(super) fn local(nanoseconds: i64, zone: Tz) -> DateTime<Tz> {
    DateTime::<Utc>::from_timestamp_nanos(nanoseconds).with_timezone(&zone)
}

/// The only argument, as nanoseconds since the Unix epoch.
pub(super) fn times<'a>(
    kernel: &str,
    arguments: &'a [ArrayRef],
) -> Result<impl Iterator<Item = Option<i64>> + use<'a>> {
    let times = match arguments {
        [times] => times.as_primitive_opt::<TimestampNanosecondType>(),
        _ => None,
    };
    match times {
        Some(times) => Ok(times.iter()),
        None => datafusion_common::internal_err!("{kernel} takes one time"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time_text::{format_datetime, parse_datetime};

    fn start(unit: Unit, zone: &str, time: &str) -> String {
        let kernel = StartOf {
            unit,
            zone: zone.parse().unwrap(),
        };
        format_datetime(kernel.of(parse_datetime(time).unwrap()).unwrap())
    }

    #[test]
    fn days_begin_at_local_midnight() {
        for (zone, time, expected) in [
            ("UTC", "2026-03-29T23:59:59Z", "2026-03-29T00:00:00Z"),
            // The clocks go forward during that day.
            (
                "Europe/Berlin",
                "2026-03-29T12:00:00Z",
                "2026-03-28T23:00:00Z",
            ),
            (
                "Europe/Berlin",
                "2026-03-29T22:00:00Z",
                "2026-03-29T22:00:00Z",
            ),
            // There is no midnight: the clocks go from 00:00 to 01:00.
            (
                "Africa/Cairo",
                "2023-04-28T10:00:00Z",
                "2023-04-27T22:00:00Z",
            ),
            // There are two: the clocks go from 01:00 back to 00:00.
            (
                "America/Havana",
                "2022-11-06T12:00:00Z",
                "2022-11-06T04:00:00Z",
            ),
            (
                "America/Havana",
                "2022-11-06T04:30:00Z",
                "2022-11-06T04:00:00Z",
            ),
            // A whole day is left out: after the 29th comes the 31st.
            (
                "Pacific/Apia",
                "2011-12-30T10:30:00Z",
                "2011-12-30T10:00:00Z",
            ),
            (
                "Asia/Kathmandu",
                "2026-01-01T00:00:00Z",
                "2025-12-31T18:15:00Z",
            ),
        ] {
            assert_eq!(start(Unit::Day, zone, time), expected, "{time} in {zone}");
        }
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_the_first() {
        assert_eq!(
            start(Unit::Week, "UTC", "2026-03-01T10:00:00Z"),
            "2026-02-23T00:00:00Z"
        );
        assert_eq!(
            start(Unit::Week, "UTC", "2026-03-02T00:00:00Z"),
            "2026-03-02T00:00:00Z"
        );
        assert_eq!(
            start(Unit::Month, "America/New_York", "2026-03-01T02:00:00Z"),
            "2026-02-01T05:00:00Z"
        );
    }

    #[test]
    fn what_began_before_time_began_is_null() {
        for unit in [Unit::Day, Unit::Week, Unit::Month] {
            let zone = Tz::UTC;
            assert_eq!(StartOf { unit, zone }.of(i64::MIN), None);
            assert!(StartOf { unit, zone }.of(i64::MAX).is_some());
        }
    }

    #[test]
    fn parts_are_local() {
        let part = |part, zone: &str| {
            let time = parse_datetime("2026-12-31T23:04:05.678901234Z").unwrap();
            let zone = zone.parse().unwrap();
            PartOf { part, zone }.of(time)
        };
        let values = PARTS.map(|(_, which)| part(which, "UTC"));
        assert_eq!(
            values,
            [
                2026,
                4,
                12,
                53,
                31,
                365,
                4,
                23,
                4,
                5,
                678,
                678_901,
                678_901_234
            ]
        );
        assert_eq!(part(Part::Year, "Asia/Tokyo"), 2027);
        assert_eq!(part(Part::Week, "Asia/Tokyo"), 53);
        assert_eq!(part(Part::DayOfWeek, "Asia/Tokyo"), 5);
    }

    #[test]
    fn sliced_and_null_times_are_read_as_they_are() {
        let times = TimestampNanosecondArray::from(vec![Some(0), None, Some(86_400_000_000_001)])
            .with_timezone("UTC");
        let times: ArrayRef = Arc::new(times.slice(1, 2));
        let kernel = StartOf {
            unit: Unit::Day,
            zone: Tz::UTC,
        };
        let starts = kernel.call(&[times]).unwrap();
        assert_eq!(
            starts
                .as_primitive::<TimestampNanosecondType>()
                .iter()
                .collect::<Vec<_>>(),
            [None, Some(86_400_000_000_000)]
        );
    }
}
