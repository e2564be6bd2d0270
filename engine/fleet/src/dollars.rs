//! Amounts of money: US dollars as people write them, in millionths. Refuses signs, exponents and what is finer than a millionth,
//! so that nothing is rounded in silence.

/// Millionths of a dollar.
const MICRO: u64 = 1_000_000;
/// Places behind the point that a millionth takes.
const PLACES: usize = 6;
/// A query that may cost more is a mistake in the number.
const MAX_DOLLARS: u64 = 100_000;

/// What an amount must look like, for messages.
pub const DOLLARS_FORM: &str =
    "US dollars such as `0.50`, at most 100000 and no finer than a millionth";

/// `0.50`, `2` or `.0125` in millionths of a US dollar; none for anything else.
pub fn micro_usd(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > PLACES {
        return None;
    }
    let number = |text: &str| match text {
        "" => Some(0),
        text => text.parse::<u64>().ok(),
    };
    let micro = number(&format!("{fraction:0<PLACES$}"))?;
    let whole = number(whole)?;
    let sum = whole.checked_mul(MICRO)?.checked_add(micro)?;
    (sum <= MAX_DOLLARS * MICRO).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly_or_not_at_all() {
        for (text, expected) in [
            ("0", Some(0)),
            ("0.50", Some(500_000)),
            ("2", Some(2_000_000)),
            (".0125", Some(12_500)),
            ("1.", Some(1_000_000)),
            ("0.1000000000", Some(100_000)),
            ("100000", Some(100_000_000_000)),
            ("100000.000001", None),
            ("0.0000001", None),
            ("-1", None),
            ("+1", None),
            ("1e3", None),
            ("", None),
            (".", None),
            ("99999999999999999999", None),
            ("1,5", None),
            ("NaN", None),
        ] {
            assert_eq!(micro_usd(text), expected, "{text}");
        }
    }
}
