//! Times as text, both ways: RFC 3339 for `datetime`, `1h30m` for `timespan`.

use arrow::compute::kernels::cast_utils::string_to_datetime;
use chrono::{DateTime, SecondsFormat, Utc};

const NANOSECONDS: [(&str, i64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
    ("w", 604_800_000_000_000),
];

/// Nanoseconds since the Unix epoch of an ISO 8601 date or time; without a zone it is UTC.
///
/// A time beyond what nanoseconds hold (years 1677 to 2262) saturates: a certificate that expires in 9999 must not vanish.
pub fn parse_datetime(text: &str) -> Option<i64> {
    let text = text.trim();
    let time = string_to_datetime(&Utc, text)
        .or_else(|error| match with_seconds(text) {
            Some(text) => string_to_datetime(&Utc, &text),
            None => Err(error),
        })
        .ok()?;
    Some(
        time.timestamp_nanos_opt()
            .unwrap_or(if time.timestamp() < 0 {
                i64::MIN
            } else {
                i64::MAX
            }),
    )
}

/// `2026-01-31T10:00` with the seconds that ISO 8601 lets people leave out.
fn with_seconds(text: &str) -> Option<String> {
    /// Bytes of a date, a separator, hours and minutes.
    const MINUTE: usize = "2026-01-31T10:00".len();
    let (minute, zone) = text.split_at_checked(MINUTE)?;
    let colon = minute.as_bytes().get(MINUTE - 3) == Some(&b':');
    (colon && !zone.starts_with(':')).then(|| format!("{minute}:00{zone}"))
}

/// Nanoseconds of a timespan as the language writes it: `90s`, `1h30m`, `-5m`.
pub fn parse_timespan(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, mut rest) = text
        .strip_prefix('-')
        .map_or((false, text), |rest| (true, rest));
    if rest.is_empty() {
        return None;
    }
    let mut total = 0_i64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let (_, nanoseconds) = NANOSECONDS.iter().find(|(name, _)| *name == unit)?;
        let part = match number.parse::<i64>() {
            Ok(whole) => whole.checked_mul(*nanoseconds)?,
            Err(_) => {
                let part = number.parse::<f64>().ok()? * *nanoseconds as f64;
                (part.is_finite() && part.abs() < 9.2e18).then_some(part as i64)?
            }
        };
        total = total.checked_add(part)?;
        rest = tail;
    }
    Some(if negative { -total } else { total })
}

/// RFC 3339 with as many digits as are needed: `2026-01-02T03:04:05Z`.
pub fn format_datetime(nanoseconds: i64) -> String {
    DateTime::<Utc>::from_timestamp_nanos(nanoseconds).to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// The shortest exact text: `1h30m`, `250ms`, `0s`.
pub fn format_timespan(nanoseconds: i64) -> String {
    if nanoseconds == 0 {
        return "0s".to_owned();
    }
    let mut rest = nanoseconds.unsigned_abs();
    let mut text = String::from(if nanoseconds < 0 { "-" } else { "" });
    // Weeks are not written: `8d` reads better than `1w1d`.
    for (unit, size) in NANOSECONDS.iter().rev().skip(1) {
        let size = size.unsigned_abs();
        if rest >= size {
            text.push_str(&format!("{}{unit}", rest / size));
            rest %= size;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timespans_read_back_what_they_write() {
        for nanoseconds in [0, 1, -5, 90_000_000_000, 3_600_000_000_001, i64::MAX] {
            assert_eq!(
                parse_timespan(&format_timespan(nanoseconds)),
                Some(nanoseconds)
            );
        }
        assert_eq!(parse_timespan("1h30m"), Some(5_400_000_000_000));
        assert_eq!(parse_timespan("1.5h"), Some(5_400_000_000_000));
        for bad in ["", "5", "h", "5 x", "99999999999w", "-"] {
            assert_eq!(parse_timespan(bad), None, "{bad}");
        }
    }

    #[test]
    fn far_dates_saturate() {
        assert_eq!(parse_datetime("9999-12-31T23:59:59Z"), Some(i64::MAX));
        assert_eq!(parse_datetime("1970-01-01T00:00:01Z"), Some(1_000_000_000));
        assert_eq!(parse_datetime("yesterday"), None);
        for text in [
            "1970-01-01T00:01",
            "1970-01-01 00:01Z",
            "1970-01-01T01:01+01:00",
        ] {
            assert_eq!(parse_datetime(text), Some(60_000_000_000), "{text}");
        }
        assert_eq!(parse_datetime("1970-01-01T00:01é"), None);
        assert_eq!(format_datetime(1_000_000_000), "1970-01-01T00:00:01Z");
    }
}
