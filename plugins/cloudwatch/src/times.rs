//! Owns the way between nanoseconds and the units of the APIs: seconds in monitoring and in StartQuery, milliseconds elsewhere in
//! logs. Refuses to lose a part of a range: bounds are rounded to the side that keeps it.

/// Nanoseconds in a second.
pub(crate) const SECOND: i64 = 1_000_000_000;

/// Nanoseconds in a millisecond.
pub(crate) const MILLISECOND: i64 = 1_000_000;

/// The largest multiple of `unit` that is not above `at`, in units.
pub(crate) fn floor(at: i64, unit: i64) -> i64 {
    at.div_euclid(unit)
}

/// The least multiple of `unit` that is not below `at`, in units.
pub(crate) fn ceil(at: i64, unit: i64) -> i64 {
    at.div_euclid(unit)
        .saturating_add(i64::from(at.rem_euclid(unit) != 0))
}

/// Nanoseconds since the epoch of milliseconds since the epoch.
pub(crate) fn of_milliseconds(ms: i64) -> i64 {
    ms.saturating_mul(MILLISECOND)
}

/// Nanoseconds since the epoch of seconds since the epoch as JSON has them; AWS gives them milliseconds at most.
pub(crate) fn of_seconds(seconds: f64) -> Option<i64> {
    let ms = (seconds * 1000.0).round();
    // Beyond it nanoseconds do not fit into 64 bits.
    (ms.abs() < 9_000_000_000_000.0).then(|| of_milliseconds(ms as i64))
}

/// Nanoseconds since the epoch of Logs Insights' form, `2026-11-21 08:26:15.000` in UTC, or of milliseconds in digits.
pub(crate) fn of_insights(text: &str) -> Option<i64> {
    if let Ok(ms) = text.parse() {
        return Some(of_milliseconds(ms));
    }
    let (day, time) = text.split_once(' ')?;
    trawl_sdk::columns::parse_rfc3339_ns(&format!("{day}T{time}Z"))
}

/// A time for people, in UTC; its nanoseconds where a text has no room for it.
pub(crate) fn text(ns: i64) -> String {
    trawl_sdk::columns::format_rfc3339_seconds(ns).unwrap_or_else(|| format!("{ns} ns"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_rounded_to_their_side() {
        for (at, low, high) in [
            (0, 0, 0),
            (1, 0, 1),
            (-1, -1, 0),
            (1_000, 1, 1),
            (1_001, 1, 2),
        ] {
            assert_eq!((floor(at, 1_000), ceil(at, 1_000)), (low, high), "{at}");
        }
        assert_eq!(ceil(i64::MAX, 1), i64::MAX);
    }

    #[test]
    fn the_apis_forms() {
        assert_eq!(
            of_seconds(1_429_830_000.123),
            Some(1_429_830_000_123_000_000)
        );
        assert_eq!(of_seconds(f64::NAN), None);
        assert_eq!(of_seconds(1e300), None);
        let at = Some(1_795_249_575_123_000_000);
        assert_eq!(of_insights("2026-11-21 08:26:15.123"), at);
        assert_eq!(of_insights("1795249575123"), at);
        assert_eq!(of_insights("yesterday"), None);
    }
}
