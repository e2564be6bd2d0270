//! Datetimes as text: ISO 8601 in, RFC 3339 out.

use super::regexes::compiled;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

/// Nanoseconds since the epoch. Without a zone it is UTC; beyond what nanoseconds hold it is the last or first of them.
pub fn parse(text: &str) -> Option<i64> {
    let form = compiled(
        r"^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?)?$",
    )?;
    let found = form.captures(text.trim())?;
    let number = |group: usize| -> Option<u32> {
        found
            .get(group)
            .map_or(Some(0), |g| g.as_str().parse().ok())
    };
    let year = i32::try_from(number(1)?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, number(2)?, number(3)?)?;
    let fraction = found
        .get(7)
        .map_or(String::new(), |g| g.as_str().to_owned());
    let nanoseconds: u32 = format!("{fraction:0<9}").parse().ok()?;
    let time = NaiveTime::from_hms_nano_opt(number(4)?, number(5)?, number(6)?, nanoseconds)?;
    let mut seconds = NaiveDateTime::new(date, time).and_utc().timestamp();
    if let Some(zone) = found.get(8).map(|g| g.as_str())
        && let (Some(hours), Some(minutes)) = (zone.get(1..3), zone.get(4..6))
    {
        let offset = hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60;
        seconds -= if zone.starts_with('-') {
            -offset
        } else {
            offset
        };
    }
    let whole = i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds);
    Some(i64::try_from(whole).unwrap_or(if whole < 0 { i64::MIN } else { i64::MAX }))
}

/// The moment in UTC.
pub fn utc(nanoseconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_nanos(nanoseconds)
}

/// RFC 3339 with 0, 3, 6 or 9 digits of the second, whichever is enough.
pub fn format(nanoseconds: i64) -> String {
    let part = nanoseconds.rem_euclid(1_000_000_000);
    let seconds = utc(nanoseconds).format("%Y-%m-%dT%H:%M:%S");
    match part {
        0 => format!("{seconds}Z"),
        part if part % 1_000_000 == 0 => format!("{seconds}.{:03}Z", part / 1_000_000),
        part if part % 1_000 == 0 => format!("{seconds}.{:06}Z", part / 1_000),
        part => format!("{seconds}.{part:09}Z"),
    }
}
