//! Owns the statistics that CloudWatch computes, as texts; refuses what it does not know, before it is asked.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html>

use trawl_sdk::Error;

/// What is computed without a parameter.
const PLAIN: [&str; 6] = ["Average", "Sum", "Minimum", "Maximum", "SampleCount", "IQM"];

/// What stands before one number: percentile, trimmed mean, winsorized mean, trimmed count, trimmed sum.
const SHORT: [&str; 5] = ["p", "tm", "wm", "tc", "ts"];

/// What stands before two bounds in parentheses; the last one is the percentile rank.
const LONG: [&str; 5] = ["TM", "WM", "TC", "TS", "PR"];

/// Digits after the point of a bound, at most.
const MAX_DECIMALS: usize = 10;

/// Refuses a text that is no statistic.
///
/// # Errors
/// `invalid-query` with the forms there are.
pub(super) fn check(text: &str) -> Result<(), Error> {
    if PLAIN.contains(&text) || is_short(text) || is_long(text) {
        return Ok(());
    }
    let shown: String = text.chars().take(60).collect();
    let near = PLAIN.iter().find(|plain| plain.eq_ignore_ascii_case(text));
    let near = near.map_or_else(String::new, |plain| format!("; did you mean `{plain}`?"));
    Err(Error::invalid_query(format!(
        "expected a statistic of CloudWatch, got `{shown}`{near}"
    ))
    .with_hint(
        "statistics are Average, Sum, Minimum, Maximum, SampleCount, IQM; p99 or p99.9; tm90, wm90, tc90, ts90; TM(2%:98%), WM(…), TC(…), TS(…) and PR(:300)",
    ))
}

/// `p99.9`, `tm90`.
fn is_short(text: &str) -> bool {
    SHORT.iter().any(|name| {
        let number = text.strip_prefix(name).and_then(number);
        number.is_some_and(|number| (0.0..=100.0).contains(&number))
    })
}

/// `TM(2%:98%)`, `PR(:300)`.
fn is_long(text: &str) -> bool {
    LONG.iter().any(|name| {
        let inside = text
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix('('));
        let bounds = inside.and_then(|rest| rest.strip_suffix(')')?.split_once(':'));
        bounds.is_some_and(|(low, high)| {
            let percent = *name != "PR";
            let bound = |text: &str| match text.strip_suffix('%') {
                Some(rest) => {
                    percent && number(rest).is_some_and(|number| (0.0..=100.0).contains(&number))
                }
                None => text.is_empty() || number(text).is_some(),
            };
            bound(low) && bound(high) && !(low.is_empty() && high.is_empty())
        })
    })
}

/// Digits with at most one point among them.
fn number(text: &str) -> Option<f64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(decimals) || decimals.len() > MAX_DECIMALS {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use trawl_sdk::types::ErrorCode;

    #[test]
    fn known_forms() {
        for text in [
            "Average",
            "Sum",
            "Minimum",
            "Maximum",
            "SampleCount",
            "IQM",
            "p0",
            "p50",
            "p99.9",
            "p100",
            "p99.9999999999",
            "tm90",
            "wm98",
            "tc0.5",
            "ts90",
            "TM(2%:98%)",
            "TM(150:1000)",
            "WM(:95%)",
            "TC(0.005:0.030)",
            "TS(80%:)",
            "PR(:300)",
            "PR(100:2000)",
        ] {
            assert!(check(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn everything_else_is_told_what_there_is() {
        for text in [
            "",
            "average",
            "p",
            "p101",
            "p-1",
            "p99.",
            "p.5",
            "p99.99999999999",
            "TM()",
            "TM(:)",
            "TM(2%:101%)",
            "TM(2:98",
            "PR(10%:)",
            "q50",
            "Average ",
            "tm",
            "TM90",
            "p5e1",
            "NaN",
        ] {
            let error = check(text).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidQuery, "{text}");
            assert!(error.hint.unwrap().contains("SampleCount"));
        }
        assert!(
            check("average")
                .unwrap_err()
                .message
                .contains("did you mean `Average`")
        );
    }
}
