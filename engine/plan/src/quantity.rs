//! Quantities as the whole number of 10^-9 parts that `Decimal128(38, 9)` holds: their text both ways, reals both ways, exact
//! arithmetic and order. Refuses floating point on the way; what does not fit is `None`.

use std::cmp::Ordering;

use arrow::datatypes::i256;

use crate::types::{QUANTITY_PRECISION, QUANTITY_SCALE};

/// One whole, in parts.
pub const ONE: i128 = 10_i128.pow(QUANTITY_SCALE.unsigned_abs() as u32);

/// The first number of parts that has too many digits.
const LIMIT: i128 = 10_i128.pow(QUANTITY_PRECISION as u32);

/// Up to here a whole number is exact as a real.
const EXACT_REAL: u128 = 1 << 53;

/// The quantity that Kubernetes' text stands for: `500m`, `1.5Gi`, `1e3`, `-0.5`. Digits after the ninth are rounded half away from
/// zero, more than 29 before the point do not fit. White space is no part of the form.
///
/// The form is that of <https://pkg.go.dev/k8s.io/apimachinery/pkg/api/resource#Quantity>.
pub fn parse(text: &str) -> Option<i128> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = rest
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(rest.len());
    let (number, suffix) = rest.split_at(end);
    let (kibis, exponent) = suffix_value(suffix)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    // The digits by themselves, least first, so that multiplying carries upwards; there may be more than any integer holds.
    let mut digits: Vec<u8> = whole
        .bytes()
        .chain(fraction.bytes())
        .rev()
        .map(|digit| digit - b'0')
        .collect();
    for _ in 0..kibis {
        times_1024(&mut digits);
    }
    while digits.last() == Some(&0) {
        digits.pop();
    }
    let point = i64::from(exponent)
        .checked_add(i64::from(QUANTITY_SCALE))?
        .checked_sub(i64::try_from(fraction.len()).ok()?)?;
    let parts = shifted(&digits, point)?;
    Some(if negative { -parts } else { parts })
}

/// A suffix as a power of 1024 and a power of ten.
fn suffix_value(suffix: &str) -> Option<(u32, i32)> {
    Some(match suffix {
        "" => (0, 0),
        "n" => (0, -9),
        "u" => (0, -6),
        "m" => (0, -3),
        "k" => (0, 3),
        "M" => (0, 6),
        "G" => (0, 9),
        "T" => (0, 12),
        "P" => (0, 15),
        "E" => (0, 18),
        "Ki" => (1, 0),
        "Mi" => (2, 0),
        "Gi" => (3, 0),
        "Ti" => (4, 0),
        "Pi" => (5, 0),
        "Ei" => (6, 0),
        _ => (0, suffix.strip_prefix(['e', 'E'])?.parse().ok()?),
    })
}

/// Multiplies decimal digits, least first.
fn times_1024(digits: &mut Vec<u8>) {
    let mut carry = 0_u32;
    for digit in digits.iter_mut() {
        let product = u32::from(*digit) * 1024 + carry;
        *digit = (product % 10) as u8;
        carry = product / 10;
    }
    while carry > 0 {
        digits.push((carry % 10) as u8);
        carry /= 10;
    }
}

/// Decimal digits, least first and without leading zeros, times a power of ten, rounded half away from zero.
fn shifted(digits: &[u8], power: i64) -> Option<i128> {
    let Some(length) = i64::try_from(digits.len())
        .ok()
        .filter(|length| *length > 0)
    else {
        return Some(0);
    };
    if length.checked_add(power)? > i64::from(QUANTITY_PRECISION) {
        return None;
    }
    let cut = usize::try_from(power.min(0).unsigned_abs()).ok()?;
    let kept = digits.get(cut..).unwrap_or(&[]);
    let mut parts = kept
        .iter()
        .rev()
        .fold(0_i128, |parts, digit| parts * 10 + i128::from(*digit));
    parts *= 10_i128.checked_pow(u32::try_from(power.max(0)).ok()?)?;
    let half = cut
        .checked_sub(1)
        .and_then(|last| digits.get(last))
        .is_some_and(|digit| *digit >= 5);
    fitting(parts + i128::from(half))
}

/// The quantity as plain decimal text without trailing zeros: `0.5`, `1073741824`.
pub fn format(parts: i128) -> String {
    let (sign, parts) = (if parts < 0 { "-" } else { "" }, parts.unsigned_abs());
    let (whole, fraction) = (parts / ONE.unsigned_abs(), parts % ONE.unsigned_abs());
    if fraction == 0 {
        return format!("{sign}{whole}");
    }
    let text = format!("{sign}{whole}.{fraction:09}");
    text.trim_end_matches('0').to_owned()
}

/// The quantity of a whole number, which always fits.
pub fn from_long(value: i64) -> i128 {
    i128::from(value) * ONE
}

/// The quantity of a real as it is written in decimal, rounded half away from zero; `None` for NaN, infinities and what is too large.
pub fn from_real(value: f64) -> Option<i128> {
    let (digits, exponent) = decimal(value)?;
    scaled(
        i256::from_i128(digits),
        exponent.checked_add(i32::from(QUANTITY_SCALE))?,
    )
}

/// The real nearest to a quantity.
pub fn to_real(parts: i128) -> f64 {
    ratio(parts, ONE).unwrap_or(f64::NAN)
}

/// The whole part, if a long holds it.
pub fn to_long(parts: i128) -> Option<i64> {
    i64::try_from(parts / ONE).ok()
}

/// The sum, if it fits.
pub fn add(left: i128, right: i128) -> Option<i128> {
    fitting(left.checked_add(right)?)
}

/// The difference, if it fits.
pub fn subtract(left: i128, right: i128) -> Option<i128> {
    fitting(left.checked_sub(right)?)
}

/// What remains of a division towards zero; its sign is that of `left`.
pub fn remainder(left: i128, right: i128) -> Option<i128> {
    left.checked_rem(right)
}

/// A quantity times a whole number.
pub fn times_long(parts: i128, factor: i64) -> Option<i128> {
    fitting(parts.checked_mul(i128::from(factor))?)
}

/// A quantity times a real, the real taken as it is written in decimal.
pub fn times_real(parts: i128, factor: f64) -> Option<i128> {
    let (digits, exponent) = decimal(factor)?;
    let product = i256::from_i128(parts).checked_mul(i256::from_i128(digits))?;
    scaled(product, exponent)
}

/// A quantity divided by another one, as a quantity.
pub fn divided(left: i128, right: i128) -> Option<i128> {
    let parts = i256::from_i128(left).checked_mul(i256::from_i128(ONE))?;
    narrowed(rounded_quotient(parts, i256::from_i128(right))?)
}

/// A quantity divided by a real, the real taken as it is written in decimal.
pub fn divided_by_real(parts: i128, divisor: f64) -> Option<i128> {
    let (digits, exponent) = decimal(divisor)?;
    if digits == 0 {
        return None;
    }
    if parts == 0 {
        return Some(0);
    }
    let (parts, digits) = (i256::from_i128(parts), i256::from_i128(digits));
    if exponent <= 0 {
        // Where this overflows the quotient does so by far.
        let parts = parts.checked_mul(power_of_ten(exponent)?)?;
        return narrowed(rounded_quotient(parts, digits)?);
    }
    match power_of_ten(exponent).and_then(|power| digits.checked_mul(power)) {
        Some(divisor) => narrowed(rounded_quotient(parts, divisor)?),
        None => Some(0),
    }
}

/// How many times one quantity the other is: the nearest real, `None` for a division by zero.
pub fn ratio(left: i128, right: i128) -> Option<f64> {
    if right == 0 {
        return None;
    }
    let (mut above, mut below) = (left.unsigned_abs(), right.unsigned_abs());
    if above > EXACT_REAL || below > EXACT_REAL {
        // Without their common factor most quantities are exact as reals, and then so is the rounding of the quotient.
        let common = greatest_common_divisor(above, below);
        above /= common;
        below /= common;
    }
    let value = above as f64 / below as f64;
    Some(if (left < 0) == (right < 0) {
        value
    } else {
        -value
    })
}

fn greatest_common_divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

/// How a quantity stands to a real as it is written in decimal, exactly; `None` for NaN.
pub fn compare_real(parts: i128, real: f64) -> Option<Ordering> {
    if real.is_nan() {
        return None;
    }
    let Some((digits, exponent)) = decimal(real) else {
        return 0.0_f64.partial_cmp(&real);
    };
    let power = exponent.checked_add(i32::from(QUANTITY_SCALE))?;
    let (parts, digits) = (i256::from_i128(parts), i256::from_i128(digits));
    let scaled = power_of_ten(power).and_then(|factor| {
        if power >= 0 {
            Some((parts, digits.checked_mul(factor)?))
        } else {
            Some((parts.checked_mul(factor)?, digits))
        }
    });
    Some(match scaled {
        Some((parts, digits)) => parts.cmp(&digits),
        // One of them is so much larger that its sign decides.
        None if power >= 0 => i256::ZERO.cmp(&digits),
        None if parts == i256::ZERO => i256::ZERO.cmp(&digits),
        None => parts.cmp(&i256::ZERO),
    })
}

/// The shortest decimal that reads back as this real, as digits and a power of ten; `None` when it is not finite.
fn decimal(value: f64) -> Option<(i128, i32)> {
    if !value.is_finite() {
        return None;
    }
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e')?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}").parse().ok()?;
    let exponent: i32 = exponent.parse().ok()?;
    Some((
        digits,
        exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?,
    ))
}

/// A number times a power of ten, rounded half away from zero.
fn scaled(number: i256, power: i32) -> Option<i128> {
    if number == i256::ZERO {
        return Some(0);
    }
    if power >= 0 {
        return narrowed(number.checked_mul(power_of_ten(power)?)?);
    }
    match power_of_ten(power) {
        Some(divisor) => narrowed(rounded_quotient(number, divisor)?),
        None => Some(0),
    }
}

/// Ten to the power's size, without its sign; `None` beyond 256 bits.
fn power_of_ten(power: i32) -> Option<i256> {
    i256::from_i128(10).checked_pow(power.unsigned_abs())
}

/// The quotient rounded half away from zero; `None` for a division by zero.
fn rounded_quotient(number: i256, divisor: i256) -> Option<i256> {
    let quotient = number.checked_div(divisor)?;
    let rest = number.checked_rem(divisor)?.checked_abs()?;
    // `rest * 2 >= divisor` without the doubling, which could overflow.
    if rest < divisor.checked_abs()?.checked_sub(rest)? {
        return Some(quotient);
    }
    let negative = (number < i256::ZERO) != (divisor < i256::ZERO);
    let away = i256::from_i128(if negative { -1 } else { 1 });
    quotient.checked_add(away)
}

fn narrowed(value: i256) -> Option<i128> {
    fitting(value.to_i128()?)
}

fn fitting(parts: i128) -> Option<i128> {
    (parts > -LIMIT && parts < LIMIT).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_in_kubernetes_form() {
        for (text, expected) in [
            ("0", Some("0")),
            ("500m", Some("0.5")),
            ("+123n", Some("0.000000123")),
            ("-2", Some("-2")),
            (".5", Some("0.5")),
            ("5.", Some("5")),
            ("1Ki", Some("1024")),
            ("1.5Gi", Some("1610612736")),
            ("1.23456789012Ki", Some("1264.197519483")),
            ("8Ei", Some("9223372036854775808")),
            ("1e3", Some("1000")),
            ("1E-3", Some("0.001")),
            ("1e+3", Some("1000")),
            ("1E", Some("1000000000000000000")),
            ("0.0000000015", Some("0.000000002")),
            ("-0.0000000015", Some("-0.000000002")),
            ("0.0000000014", Some("0.000000001")),
            ("0.00000000049", Some("0")),
            ("0e999999999", Some("0")),
            ("1e-999999999", Some("0")),
            ("1e999999999", None),
            ("1e99999999999", None),
            (
                "99999999999999999999999999999",
                Some("99999999999999999999999999999"),
            ),
            ("100000000000000000000000000000", None),
            ("99999999999999999999999999999.9999999999", None),
            (
                "0.333333333333333333333333333333333333333333333333333333333333",
                Some("0.333333333"),
            ),
            ("", None),
            (".", None),
            ("-", None),
            ("1-2", None),
            ("1.2.3", None),
            ("5 m", None),
            (" 5", None),
            ("1K", None),
            ("m", None),
            ("--1", None),
            ("1e", None),
            ("½", None),
        ] {
            let read = parse(text).map(format);
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn reals_count_as_they_are_written() {
        for (real, expected) in [
            (0.1, Some("0.1")),
            (1e22, Some("10000000000000000000000")),
            (-2.5e-9, Some("-0.000000003")),
            (5e-324, Some("0")),
            (1e29, None),
            (f64::NAN, None),
            (f64::INFINITY, None),
        ] {
            assert_eq!(from_real(real).map(format).as_deref(), expected, "{real}");
        }
        for real in [0.1, 0.3, 123_456_789.123_456_78, 1e20, -0.000_000_001] {
            assert_eq!(to_real(from_real(real).unwrap()), real);
        }
    }

    #[test]
    fn arithmetic_is_exact_and_knows_its_bounds() {
        let of = |text: &str| parse(text).unwrap();
        assert_eq!(add(of("0.1"), of("0.2")), Some(of("0.3")));
        assert_eq!(add(LIMIT - 1, 1), None);
        assert_eq!(times_real(of("3"), 0.1), Some(of("0.3")));
        assert_eq!(times_real(of("9e28"), 1e-28), Some(of("9")));
        assert_eq!(times_real(of("1"), 1e300), None);
        assert_eq!(times_real(of("1"), 1e-300), Some(0));
        assert_eq!(times_long(of("9e28"), 2), None);
        assert_eq!(divided(of("1"), of("3")), Some(of("0.333333333")));
        assert_eq!(divided(of("2"), of("3")), Some(of("0.666666667")));
        assert_eq!(divided(of("1"), 0), None);
        assert_eq!(divided_by_real(of("1"), 0.1), Some(of("10")));
        assert_eq!(divided_by_real(of("1"), 1e300), Some(0));
        assert_eq!(divided_by_real(of("1"), 1e-300), None);
        assert_eq!(divided_by_real(of("1"), 0.0), None);
        assert_eq!(ratio(of("300m"), of("100m")), Some(3.0));
        assert_eq!(ratio(of("-16Gi"), of("4Gi")), Some(-4.0));
        assert_eq!(remainder(of("-5.5"), of("2")), Some(of("-1.5")));
        assert_eq!(to_long(of("-2.9")), Some(-2));
        assert_eq!(to_long(of("1e19")), None);
    }

    #[test]
    fn order_with_reals_is_exact() {
        use Ordering::{Equal, Greater, Less};
        for (text, real, expected) in [
            ("0.1", 0.1, Some(Equal)),
            ("0.3", 0.1 + 0.2, Some(Less)),
            ("0", 5e-324, Some(Less)),
            ("0", -5e-324, Some(Greater)),
            ("1n", 5e-324, Some(Greater)),
            ("-1n", -5e-324, Some(Less)),
            ("9e28", 1e300, Some(Less)),
            ("-9e28", -1e300, Some(Greater)),
            ("9e28", f64::INFINITY, Some(Less)),
            ("9e28", f64::NEG_INFINITY, Some(Greater)),
            ("0", -0.0, Some(Equal)),
            ("1", f64::NAN, None),
        ] {
            let parts = parse(text).unwrap();
            assert_eq!(compare_real(parts, real), expected, "{text} and {real}");
        }
    }
}
