//! Owns the period of a statistic: which ones are kept how long, and the one that fits a range. Refuses one that would give nothing.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#metrics-retention> and
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricStat.html>

use trawl_sdk::Error;

use crate::times::SECOND;

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// Up to which age, in seconds, data is kept in which resolution, in seconds. What is older is gone.
const KEPT: [(i64, i64); 4] = [
    (3 * HOUR, 1),
    (15 * DAY, MINUTE),
    (63 * DAY, 5 * MINUTE),
    (455 * DAY, HOUR),
];

/// The rule in words.
const RULE: &str = "CloudWatch keeps seconds for 3 hours (only of metrics put with them), minutes for 15 days, 5 minutes for 63 days and hours for 455 days; a period is a multiple of what is kept at the start of the range";

/// Periods below a minute.
const BELOW_A_MINUTE: [i64; 5] = [1, 5, 10, 20, 30];

/// What a period is when nobody says: the first of these, in seconds, that gives at most [`POINTS`].
const CHOICES: [i64; 6] = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY];

/// Points of a series that a default period gives at most: a day of minutes.
const POINTS: i64 = 1_440;

/// Whether anything can be left of what was measured so long ago, in seconds.
pub(super) fn is_kept(age: i64) -> bool {
    KEPT.iter().any(|(oldest, _)| age <= *oldest)
}

/// The finest resolution, in seconds, of a range that begins `age` seconds ago.
fn resolution(age: i64) -> i64 {
    let kept = KEPT.iter().find(|(oldest, _)| age <= *oldest);
    kept.map_or(HOUR, |(_, resolution)| *resolution)
}

/// The period, in seconds, of a range of `span` seconds that begins `age` seconds ago.
pub(super) fn fitting(age: i64, span: i64) -> i64 {
    let least = resolution(age);
    let mut fitting = CHOICES.iter().filter(|period| **period >= least);
    let found = fitting.find(|period| span / **period <= POINTS);
    found.copied().unwrap_or(DAY)
}

/// The period that a query names, in seconds.
///
/// # Errors
/// `invalid-query` with the rule, when CloudWatch would refuse it or have nothing.
pub(super) fn check(period_ns: i64, age: i64) -> Result<i64, Error> {
    let refused = |what: &str| {
        let seconds = period_ns as f64 / SECOND as f64;
        Error::invalid_query(format!(
            "expected a period {what}, got one of {seconds} seconds"
        ))
        .with_hint(RULE)
    };
    let seconds = period_ns / SECOND;
    if period_ns % SECOND != 0 || seconds < 1 {
        return Err(refused("of whole seconds"));
    }
    if seconds < MINUTE && !BELOW_A_MINUTE.contains(&seconds)
        || seconds >= MINUTE && seconds % MINUTE != 0
    {
        return Err(refused("of 1, 5, 10, 20 or 30 seconds or of whole minutes"));
    }
    let least = resolution(age);
    if seconds % least != 0 {
        return Err(refused(&format!(
            "that is a multiple of {least} seconds, which is what is kept at the start of the range"
        )));
    }
    Ok(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use trawl_sdk::types::ErrorCode;

    #[test]
    fn the_default_fits_the_range_and_what_is_kept() {
        for (age, span, expected) in [
            (HOUR, HOUR, 60),
            (DAY, DAY, 60),
            (7 * DAY, 7 * DAY, 900),
            (14 * DAY, HOUR, 60),
            (16 * DAY, HOUR, 300),
            (60 * DAY, 60 * DAY, HOUR),
            (64 * DAY, HOUR, HOUR),
            (300 * DAY, 300 * DAY, 6 * HOUR),
            (0, i64::MAX, DAY),
        ] {
            assert_eq!(fitting(age, span), expected, "{age} {span}");
        }
    }

    #[test]
    fn an_impossible_one_is_told_the_rule() {
        let ok = [
            (60, DAY),
            (1, HOUR),
            (30, 3 * HOUR),
            (300, 20 * DAY),
            (3_600, 100 * DAY),
            (86_400, 0),
            (120, 0),
        ];
        for (seconds, age) in ok {
            assert_eq!(check(seconds * SECOND, age).unwrap(), seconds);
        }
        let refused = [
            (0, 0),
            (-60, 0),
            (7, 0),
            (90, 0),
            (30, 4 * HOUR),
            (60, 16 * DAY),
            (300, 64 * DAY),
            (60, 500 * DAY),
        ];
        for (seconds, age) in refused {
            let error = check(seconds * SECOND, age).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidQuery, "{seconds} {age}");
            assert!(error.hint.unwrap().contains("63 days"));
        }
        assert!(check(SECOND / 2, 0).is_err());
    }

    #[test]
    fn what_is_gone() {
        assert!(is_kept(455 * DAY) && !is_kept(455 * DAY + 1) && is_kept(-5));
    }
}
