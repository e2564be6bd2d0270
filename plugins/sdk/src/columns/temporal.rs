//! Owns the reading of dates and durations; refuses time zones' names and local time.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::types::TimeUnit;

/// Nanoseconds in one tick of `unit`.
pub(super) fn tick_ns(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1,
    }
}

/// Nanoseconds since the epoch of an RFC 3339 text; none when it is not one.
///
/// Dates beyond what 64 bits hold (1677 to 2262) saturate, so that a certificate that expires in 9999 does not vanish.
pub fn parse_rfc3339_ns(text: &str) -> Option<i64> {
    // Longer texts are never dates; the shortest is `2026-11-21T08:26:15Z`.
    if !(20..=64).contains(&text.len()) {
        return None;
    }
    let nanos = OffsetDateTime::parse(text, &Rfc3339)
        .ok()?
        .unix_timestamp_nanos();
    Some(saturate(nanos))
}

/// The RFC 3339 text of a time in UTC, without its fraction of a second; none beyond the year 9999.
pub fn format_rfc3339_seconds(ns: i64) -> Option<String> {
    OffsetDateTime::from_unix_timestamp(ns.div_euclid(1_000_000_000))
        .ok()?
        .format(&Rfc3339)
        .ok()
}

/// The RFC 3339 text of a time in UTC, with as much of a fraction as there is.
pub fn format_rfc3339(ns: i64) -> Option<String> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(ns))
        .ok()?
        .format(&Rfc3339)
        .ok()
}

/// Days since the epoch of `YYYY-MM-DD` or of an RFC 3339 text's UTC day.
pub(super) fn parse_date32(text: &str) -> Option<i32> {
    let nanos = if text.len() == 10 {
        parse_rfc3339_ns(&format!("{text}T00:00:00Z"))?
    } else {
        parse_rfc3339_ns(text)?
    };
    i32::try_from(nanos.div_euclid(86_400 * 1_000_000_000)).ok()
}

/// Nanoseconds of a duration such as `1h30m`, `250ms` or `1.5s`, as Go and the query language write them.
pub fn parse_duration_ns(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    if rest.is_empty() {
        return None;
    }
    let mut total = 0_i128;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let unit_len = tail
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_len);
        let scale: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            "d" => 86_400_000_000_000,
            "w" => 604_800_000_000_000,
            _ => return None,
        };
        // Nine fractional digits of a week still fit: the number is read as billionths.
        let billionths = super::decimal::parse(number, 38, 9)?;
        total = total.checked_add(billionths.checked_mul(scale)? / 1_000_000_000)?;
        rest = tail;
    }
    i64::try_from(if negative { -total } else { total }).ok()
}

/// The nearest 64-bit value.
pub(super) fn saturate(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_dates() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2026-11-21T08:26:15Z", Some(1_795_249_575_000_000_000)),
            (
                "2026-11-21T08:26:15.123456Z",
                Some(1_795_249_575_123_456_000),
            ),
            ("2026-11-21T09:26:15+01:00", Some(1_795_249_575_000_000_000)),
            ("9999-12-31T23:59:59Z", Some(i64::MAX)),
            ("2026-13-21T08:26:15Z", None),
            ("yesterday, at about noon", None),
            ("", None),
        ] {
            assert_eq!(parse_rfc3339_ns(text), expected, "{text}");
        }
        assert_eq!(parse_date32("1970-01-02"), Some(1));
        assert_eq!(parse_date32("1969-12-31"), Some(-1));
        assert_eq!(parse_date32("x"), None);
    }

    #[test]
    fn writes_whole_seconds() {
        for (ns, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_795_249_575_999_999_999, "2026-11-21T08:26:15Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (i64::MAX, "2262-04-11T23:47:16Z"),
            (i64::MIN, "1677-09-21T00:12:43Z"),
        ] {
            assert_eq!(format_rfc3339_seconds(ns).as_deref(), Some(expected));
        }
    }

    #[test]
    fn reads_durations() {
        for (text, expected) in [
            ("1h30m", Some(5_400_000_000_000)),
            ("1.5s", Some(1_500_000_000)),
            ("-250ms", Some(-250_000_000)),
            ("1d", Some(86_400_000_000_000)),
            ("5", None),
            ("m5", None),
            ("1y", None),
            ("", None),
            ("99999999999999w", None),
        ] {
            assert_eq!(parse_duration_ns(text), expected, "{text}");
        }
    }
}
