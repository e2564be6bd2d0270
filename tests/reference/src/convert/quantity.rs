//! Quantities as text and from reals: exact decimals in units of 10^-9.

use super::regexes::compiled;
use crate::value::QUANTITY_UNIT;

/// One more than the greatest: 38 decimal digits in units.
const LIMIT: i128 = 100_000_000_000_000_000_000_000_000_000_000_000_000;

/// Digits that a text may have; more do not fit anyway.
const MAX_DIGITS: usize = 29;

/// Units of a text in Kubernetes' form.
pub fn parse(text: &str) -> Option<i128> {
    let form = compiled(
        r"^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,4})|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei))?$",
    )?;
    let found = form.captures(text)?;
    let (whole, fraction) = (
        found.get(2).map_or("", |g| g.as_str()),
        found.get(3).map_or("", |g| g.as_str()),
    );
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || digits.len() > MAX_DIGITS {
        return None;
    }
    let mantissa: i128 = digits.parse().ok()?;
    let mut exponent = -i32::try_from(fraction.len()).ok()?;
    let mut binary: u32 = 0;
    if let Some(power) = found.get(4) {
        exponent += power.as_str().parse::<i32>().ok()?;
    }
    match found.get(5).map_or("", |g| g.as_str()) {
        "n" => exponent -= 9,
        "u" => exponent -= 6,
        "m" => exponent -= 3,
        "k" => exponent += 3,
        "M" => exponent += 6,
        "G" => exponent += 9,
        "T" => exponent += 12,
        "P" => exponent += 15,
        "E" => exponent += 18,
        "Ki" => binary = 10,
        "Mi" => binary = 20,
        "Gi" => binary = 30,
        "Ti" => binary = 40,
        "Pi" => binary = 50,
        "Ei" => binary = 60,
        _ => {}
    }
    let scaled = mantissa.checked_mul(1_i128 << binary)?;
    let units = scale(scaled, exponent + 9)?;
    let units = if &found[1] == "-" { -units } else { units };
    (units.abs() < LIMIT).then_some(units)
}

/// `value * 10^exponent`, half away from zero.
fn scale(value: i128, exponent: i32) -> Option<i128> {
    if value == 0 {
        return Some(0);
    }
    let power = exponent.unsigned_abs();
    if exponent >= 0 {
        return value.checked_mul(10_i128.checked_pow(power)?);
    }
    match 10_i128.checked_pow(power) {
        Some(divisor) => Some((value + divisor / 2) / divisor),
        None => Some(0),
    }
}

/// Units of a real, which is read as the shortest decimal that stands for it; `None` for what is no number or too great.
pub fn of_real(value: f64) -> Option<i128> {
    if !value.is_finite() {
        return None;
    }
    let text = format!("{value}");
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest.to_owned()),
        None => (false, text),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    if whole.len() > MAX_DIGITS {
        return None;
    }
    let kept: String = format!("{fraction:0<10}").chars().take(10).collect();
    let tenths: i128 = format!("{whole}{kept}").parse().ok()?;
    let units = (tenths + 5) / 10;
    (units < LIMIT).then_some(if negative { -units } else { units })
}

/// The units, where they are not too many.
pub fn fitting(units: i128) -> Option<i128> {
    (units.abs() < LIMIT).then_some(units)
}

/// The quotient, half away from zero.
pub fn rounded(value: i128, divisor: i128) -> i128 {
    let sign = if (value < 0) == (divisor < 0) { 1 } else { -1 };
    let (value, divisor) = (value.abs(), divisor.abs());
    let quotient = value / divisor;
    sign * (quotient + i128::from(value % divisor >= divisor - value % divisor))
}

/// Units times the decimal that a real is written as.
pub fn times_real(units: i128, factor: f64) -> Option<i128> {
    if !factor.is_finite() {
        return None;
    }
    let text = format!("{factor:e}");
    let (mantissa, exponent) = text.split_once('e')?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let exponent = exponent.parse::<i32>().ok()? - i32::try_from(fraction.len()).ok()?;
    let product = units.checked_mul(digits)?;
    if exponent >= 0 || product == 0 {
        return scale(product, exponent);
    }
    match 10_i128.checked_pow(exponent.unsigned_abs()) {
        Some(divisor) => Some(rounded(product, divisor)),
        None => Some(0),
    }
}

/// The real nearest to a quotient, by long division; the divisor is not zero.
pub fn ratio(left: i128, right: i128) -> f64 {
    /// Digits behind the first that decide how a real is rounded; far more than it has.
    const DIGITS: usize = 60;
    let (mut rest, divisor) = (left.unsigned_abs(), right.unsigned_abs());
    let mut text = format!("{}.", rest / divisor);
    for _ in 0..DIGITS {
        rest %= divisor;
        let Some(next) = rest.checked_mul(10) else {
            break;
        };
        rest = next;
        text.push_str(&(rest / divisor).to_string());
    }
    let value: f64 = text.parse().unwrap_or(f64::NAN);
    if (left < 0) == (right < 0) {
        value
    } else {
        -value
    }
}

/// How a quantity stands to the decimal that a real is written as.
pub fn order(units: i128, real: f64) -> Option<std::cmp::Ordering> {
    use std::cmp::Ordering;
    if real.is_nan() {
        return None;
    }
    if real.is_infinite() {
        return Some(if real > 0.0 {
            Ordering::Less
        } else {
            Ordering::Greater
        });
    }
    let text = format!("{}", real.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let (own_whole, own_fraction) = (
        (units.abs() / QUANTITY_UNIT).to_string(),
        format!("{:09}", units.abs() % QUANTITY_UNIT),
    );
    // Decimals without a sign: the longer whole part is greater, then digit by digit.
    let digits = own_fraction.len().max(fraction.len());
    let (own_fraction, fraction) = (
        format!("{own_fraction:0<digits$}"),
        format!("{fraction:0<digits$}"),
    );
    let size = own_whole
        .len()
        .cmp(&whole.len())
        .then_with(|| own_whole.as_str().cmp(whole))
        .then_with(|| own_fraction.cmp(&fraction));
    let zero = real == 0.0;
    match (units < 0, real < 0.0) {
        _ if units == 0 && zero => Some(Ordering::Equal),
        (false, true) => Some(Ordering::Greater),
        (true, false) => Some(Ordering::Less),
        (true, true) => Some(size.reverse()),
        (false, false) => Some(size),
    }
}

/// The real nearest to it, or nearly so.
pub fn to_real(units: i128) -> f64 {
    units as f64 / QUANTITY_UNIT as f64
}

/// A plain decimal without trailing zeros.
pub fn format(units: i128) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let (whole, part) = (units.abs() / QUANTITY_UNIT, units.abs() % QUANTITY_UNIT);
    let text = format!("{sign}{whole}.{part:09}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
