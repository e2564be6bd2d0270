//! Owns the reading of decimal numbers and Kubernetes quantities; refuses floating point on the way.

/// A Kubernetes quantity (`500m`, `1Gi`, `1e3`) in billionths, rounded half away from zero; none when it is none, or has more than
/// 38 digits then. A sum of texts is exact in this unit, which is the one of the language's `quantity`.
pub fn parse_quantity(text: &str) -> Option<i128> {
    parse(text, 38, 9)
}

/// The unscaled value of a number or a Kubernetes quantity (`500m`, `1Gi`, `1e3`) at `scale`; none when it is neither, or has more
/// than `precision` digits. Digits below the scale are rounded half away from zero.
///
/// Suffixes as in <https://pkg.go.dev/k8s.io/apimachinery/pkg/api/resource#Quantity>.
pub(super) fn parse(text: &str, precision: u8, scale: i8) -> Option<i128> {
    // Nothing longer can be within 38 digits of anything meant.
    if text.is_empty() || text.len() > 64 {
        return None;
    }
    let split = text
        .find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '+' | '-'))
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at(split);
    let (multiplier, exponent) = suffix_value(suffix)?;
    let (negative, digits) = match number.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, mut fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if (whole.is_empty() && fraction.is_empty())
        || !whole
            .bytes()
            .chain(fraction.bytes())
            .all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let limit = 10_i128.checked_pow(u32::from(precision))?;
    loop {
        let value = unscaled(whole, fraction, multiplier, exponent, scale);
        match (value, fraction.len().checked_sub(1)) {
            (Some(value), _) if value < limit => {
                return Some(if negative { -value } else { value });
            }
            // More digits than 128 bits hold: the last ones are far below the scale and decide nothing.
            (None, Some(shorter)) => fraction = fraction.get(..shorter)?,
            _ => return None,
        }
    }
}

/// The digits times `multiplier` times ten to the `exponent`, at `scale`; none when a step does not fit in 128 bits.
fn unscaled(
    whole: &str,
    fraction: &str,
    multiplier: i128,
    exponent: i32,
    scale: i8,
) -> Option<i128> {
    let mut value = 0_i128;
    for digit in whole.bytes().chain(fraction.bytes()) {
        value = value
            .checked_mul(10)?
            .checked_add(i128::from(digit.checked_sub(b'0')?))?;
    }
    value = value.checked_mul(multiplier)?;
    let fraction_digits = i32::try_from(fraction.len()).ok()?;
    let shift = i32::from(scale)
        .checked_add(exponent)?
        .checked_sub(fraction_digits)?;
    let power = shift.unsigned_abs();
    Some(if value == 0 {
        0
    } else if shift >= 0 {
        value.checked_mul(10_i128.checked_pow(power)?)?
    } else {
        match 10_i128.checked_pow(power) {
            Some(divisor) => {
                let up = i128::from(value % divisor >= divisor / 2 + divisor % 2);
                value / divisor + up
            }
            None => 0,
        }
    })
}

/// A suffix as a factor and a power of ten.
fn suffix_value(suffix: &str) -> Option<(i128, i32)> {
    Some(match suffix {
        "" => (1, 0),
        "n" => (1, -9),
        "u" => (1, -6),
        "m" => (1, -3),
        "k" => (1, 3),
        "M" => (1, 6),
        "G" => (1, 9),
        "T" => (1, 12),
        "P" => (1, 15),
        "E" => (1, 18),
        "Ki" => (1 << 10, 0),
        "Mi" => (1 << 20, 0),
        "Gi" => (1 << 30, 0),
        "Ti" => (1 << 40, 0),
        "Pi" => (1 << 50, 0),
        "Ei" => (1 << 60, 0),
        _ => {
            let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            (1, exponent)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn reads_quantities() {
        for (text, expected) in [
            ("0", Some(0)),
            ("500m", Some(500_000_000)),
            ("123n", Some(123)),
            ("0.5", Some(500_000_000)),
            (".5", Some(500_000_000)),
            ("-2", Some(-2_000_000_000)),
            ("1Ki", Some(1_024_000_000_000)),
            ("1.5Gi", Some(1_610_612_736_000_000_000)),
            ("1e3", Some(1_000_000_000_000)),
            ("1E-3", Some(1_000_000)),
            ("1E", Some(1_000_000_000_000_000_000_000_000_000)),
            ("0.0000000015", Some(2)),
            ("0.0000000014", Some(1)),
            ("0e999999999", Some(0)),
            ("5.", Some(5_000_000_000)),
            ("1.5e+1", Some(15_000_000_000)),
            (
                "1.4999999999999999999999999999999999999999999999999999999999",
                Some(1_500_000_000),
            ),
            (
                "0.0000000004999999999999999999999999999999999999999999999999",
                Some(0),
            ),
            (
                "0.0000000005000000000000000000000000000000000000000000000001",
                Some(1),
            ),
            ("-0.0000000005", Some(-1)),
            (
                "1.00000000000000000000000000000000000001Ei",
                Some(1_152_921_504_606_846_976_000_000_000),
            ),
            (
                "99999999999999999999999999999",
                Some(99_999_999_999_999_999_999_999_999_999_000_000_000),
            ),
            ("100000000000000000000000000000", None),
            ("1e-999999999", Some(0)),
            ("1e999999999", None),
            ("", None),
            (".", None),
            ("-", None),
            ("1-2", None),
            ("1.2.3", None),
            ("5 m", None),
            ("99999999999999999999999999999999999999999", None),
        ] {
            assert_eq!(parse(text, 38, 9), expected, "{text}");
        }
        assert_eq!(parse("100", 2, 0), None);
        assert_eq!(parse("149", 38, -2), Some(1));
    }
}
