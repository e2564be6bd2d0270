//! Timespans as text: `1h30m`, `-5m`, `1.5h`.

use super::regexes::compiled;
/// Units that are written, greatest first, in nanoseconds. Weeks are read and not written.
const UNITS: [(&str, i128); 8] = [
    ("w", 604_800_000_000_000),
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// Nanoseconds, or `None` for a text of another form.
pub fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let form = compiled(r"^(?:[0-9]+(?:\.[0-9]+)?(?:ns|us|ms|s|m|h|d|w))+$")?;
    if !form.is_match(text) {
        return None;
    }
    let part = compiled(r"([0-9]+)(?:\.([0-9]+))?(ns|us|ms|s|m|h|d|w)")?;
    let mut total: i128 = 0;
    for found in part.captures_iter(text) {
        let unit = UNITS.iter().find(|unit| unit.0 == &found[3])?.1;
        total += found[1].parse::<i128>().ok()?.checked_mul(unit)?;
        if let Some(fraction) = found.get(2) {
            let digits = fraction.as_str().get(..fraction.len().min(18))?;
            let scale = 10_i128.pow(u32::try_from(digits.len()).ok()?);
            total += digits.parse::<i128>().ok()? * unit / scale;
        }
    }
    i64::try_from(sign * total).ok()
}

/// The text of a timespan: every unit that is not zero.
pub fn format(nanoseconds: i64) -> String {
    if nanoseconds == 0 {
        return "0s".to_owned();
    }
    let mut rest = i128::from(nanoseconds).abs();
    let mut text = String::new();
    if nanoseconds < 0 {
        text.push('-');
    }
    for (unit, size) in UNITS.iter().filter(|unit| unit.0 != "w") {
        if rest >= *size {
            text.push_str(&format!("{}{unit}", rest / size));
            rest %= size;
        }
    }
    text
}
