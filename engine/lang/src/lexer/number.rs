//! Numbers, durations and sizes. Owns the units and their arithmetic, which is exact: nothing is rounded.

use super::{Lexer, shorten};
use crate::diagnostic::{Diagnostic, codes};
use crate::span::Span;
use crate::token::Kind;
use crate::words;

/// Units of time in nanoseconds.
const TIME_UNITS: &[(&str, u128)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
    ("w", 604_800_000_000_000),
];

/// Units of size in bytes, those of Kubernetes' binary suffixes.
const SIZE_UNITS: &[(&str, u128)] = &[
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("Ti", 1 << 40),
    ("Pi", 1 << 50),
    ("Ei", 1 << 60),
];

/// What people write for our units.
const TIME_ALIASES: &[(&str, &str)] = &[
    ("µs", "us"),
    ("μs", "us"),
    ("sec", "s"),
    ("secs", "s"),
    ("second", "s"),
    ("seconds", "s"),
    ("min", "m"),
    ("mins", "m"),
    ("minute", "m"),
    ("minutes", "m"),
    ("hr", "h"),
    ("hrs", "h"),
    ("hour", "h"),
    ("hours", "h"),
    ("day", "d"),
    ("days", "d"),
    ("week", "w"),
    ("weeks", "w"),
];

/// Durations whose length depends on the calendar.
const CALENDAR_UNITS: &[&str] = &[
    "mo", "mon", "month", "months", "y", "yr", "yrs", "year", "years", "q",
];

/// Digits of one number beyond which it cannot fit any type, and beyond which `u128` could overflow.
const MAX_DIGITS: usize = 36;

/// Why a number is none.
enum Wrong {
    /// A unit nobody knows.
    Unit(String),
    /// Not of the form of a number.
    Form,
    /// Too large for its type.
    Range(&'static str),
    /// Not a whole number of the smallest unit.
    Fraction(&'static str),
}

impl<'t> Lexer<'t> {
    pub(super) fn number(&mut self) {
        let start = self.at;
        let body = self.number_run();
        let kind = match value(body) {
            Ok(kind) => kind,
            Err(wrong) => {
                let span = self.span_from(start);
                self.report(explain(body, span, wrong), span);
                // Something numeric, so that the parser sees the operand that was meant.
                Kind::Int(0)
            }
        };
        self.push(kind, start);
    }

    /// The longest run that belongs to the number, good or bad: `1h30m`, `1.5e-3`, `10.0.0.1`, `5min`.
    fn number_run(&mut self) -> &'t str {
        let start = self.at;
        loop {
            self.take_while(|character| {
                words::continues_name(character) || character.is_alphabetic()
            });
            let mut following = self.rest().chars();
            let next = following.next();
            let digit_follows = following.next().is_some_and(|after| after.is_ascii_digit());
            let so_far = self.slice(start, self.at);
            let continues = digit_follows
                && match next {
                    // `1..5` is a range, so a dot belongs to the number only before a digit.
                    Some('.') => true,
                    Some('+' | '-') => is_exponent_start(so_far),
                    _ => false,
                };
            if !continues {
                return so_far;
            }
            self.at += 1;
        }
    }
}

fn is_exponent_start(text: &str) -> bool {
    text.strip_suffix(['e', 'E']).is_some_and(|mantissa| {
        mantissa.ends_with(|last: char| last.is_ascii_digit())
            && mantissa
                .chars()
                .all(|character| character.is_ascii_digit() || character == '.')
    })
}

fn value<'t>(body: &str) -> Result<Kind<'t>, Wrong> {
    if body.bytes().all(|byte| byte.is_ascii_digit()) {
        return body
            .parse()
            .map(Kind::Int)
            .map_err(|_| Wrong::Range("long"));
    }
    let numeric = body
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    if numeric && let Ok(real) = body.parse::<f64>() {
        return if real.is_finite() {
            Ok(Kind::Real(real))
        } else {
            Err(Wrong::Range("real"))
        };
    }
    with_units(body)
}

/// `{number unit}` of time, or a single number with a unit of size.
fn with_units<'t>(body: &str) -> Result<Kind<'t>, Wrong> {
    let mut rest = body;
    let mut nanoseconds: u128 = 0;
    while !rest.is_empty() {
        let split = rest
            .find(|character: char| !character.is_ascii_digit() && character != '.')
            .ok_or(Wrong::Form)?;
        let (number, after) = rest.split_at(split);
        let split = after
            .find(|character: char| character.is_ascii_digit() || character == '.')
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(split);
        if let Some((_, bytes)) = SIZE_UNITS.iter().find(|(name, _)| *name == unit) {
            if !after.is_empty() || rest.len() != body.len() {
                return Err(Wrong::Form);
            }
            let total = scaled(number, *bytes, "bytes")?;
            return i64::try_from(total)
                .map(Kind::Size)
                .map_err(|_| Wrong::Range("size"));
        }
        let Some((_, length)) = TIME_UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(Wrong::Unit(unit.to_owned()));
        };
        let part = scaled(number, *length, "nanoseconds")?;
        nanoseconds = nanoseconds
            .checked_add(part)
            .ok_or(Wrong::Range("timespan"))?;
        rest = after;
    }
    i64::try_from(nanoseconds)
        .map(Kind::Duration)
        .map_err(|_| Wrong::Range("timespan"))
}

/// `number * unit`, exactly.
fn scaled(number: &str, unit: u128, smallest: &'static str) -> Result<u128, Wrong> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.contains('.') || (fraction.is_empty() && number.contains('.')) {
        return Err(Wrong::Form);
    }
    if whole.len() + fraction.len() > MAX_DIGITS {
        return Err(Wrong::Range("number with a unit"));
    }
    let digits: u128 = format!("{whole}{fraction}")
        .parse()
        .map_err(|_| Wrong::Form)?;
    let exponent = u32::try_from(fraction.len()).map_err(|_| Wrong::Form)?;
    let divisor = 10u128.checked_pow(exponent).ok_or(Wrong::Form)?;
    let product = digits
        .checked_mul(unit)
        .ok_or(Wrong::Range("number with a unit"))?;
    if product % divisor != 0 {
        return Err(Wrong::Fraction(smallest));
    }
    Ok(product / divisor)
}

fn explain(body: &str, span: Span, wrong: Wrong) -> Diagnostic {
    let shown = shorten(body);
    match wrong {
        Wrong::Range(ty) => Diagnostic::error(
            codes::NUMBER_RANGE,
            format!("`{shown}` does not fit a {ty}"),
        )
        .at(span)
        .help("integers have 64 bits, timespans reach about 292 years"),
        Wrong::Fraction(smallest) => Diagnostic::error(
            codes::NUMBER_RANGE,
            format!("`{shown}` is not a whole number of {smallest}"),
        )
        .at(span),
        Wrong::Form if body.split('.').count() > 2 => Diagnostic::error(
            codes::NUMBER,
            format!("`{shown}` is not a number: it has more than one point"),
        )
        .at(span)
        .help("addresses and versions are strings: put it in quotes")
        .fix(span, format!("\"{body}\"")),
        Wrong::Form => Diagnostic::error(codes::NUMBER, format!("`{shown}` is not a number"))
            .at(span)
            .help("numbers are `42`, `0.5`, `1e3`, `1h30m`, `1Gi`"),
        Wrong::Unit(unit) => unknown_unit(body, &shown, span, &unit),
    }
}

fn unknown_unit(body: &str, shown: &str, span: Span, unit: &str) -> Diagnostic {
    if CALENDAR_UNITS.contains(&unit) {
        return Diagnostic::error(
            codes::LEFT_OUT,
            format!("`{shown}`: durations of the calendar are left out"),
        )
        .label(span, "months and years have no fixed length")
        .help("write days: `30d`, `365d`; to cut by months there is `startofmonth()`");
    }
    let diagnostic = Diagnostic::error(
        codes::NUMBER,
        format!("`{shown}`: unknown unit `{}`", shorten(unit)),
    )
    .at(span);
    if let Some((_, ours)) = TIME_ALIASES.iter().find(|(alias, _)| *alias == unit) {
        let fixed = body.replace(unit, ours);
        return diagnostic
            .help(format!("write `{}`", shorten(&fixed)))
            .fix(span, fixed);
    }
    let binary = SIZE_UNITS.iter().find(|(name, _)| {
        unit.get(..1).is_some_and(|first| {
            name.get(..1)
                .is_some_and(|ours| ours.eq_ignore_ascii_case(first))
        })
    });
    let looks_like_size = unit.len() <= 3
        && unit
            .to_ascii_lowercase()
            .ends_with(['k', 'm', 'g', 't', 'p', 'b']);
    match binary {
        Some((ours, _)) if looks_like_size => {
            diagnostic.help(format!("sizes are binary: `{}`", body.replace(unit, ours)))
        }
        _ => diagnostic.help(
            "units of time are ns, us, ms, s, m, h, d, w; units of size are Ki, Mi, Gi, Ti, Pi, Ei",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{SIZE_UNITS, TIME_UNITS};
    use crate::words;

    #[test]
    fn the_units_are_those_that_tools_know() {
        let names = |units: &[(&'static str, u128)]| -> Vec<&str> {
            units.iter().map(|(name, _)| *name).collect()
        };
        assert_eq!(names(TIME_UNITS), words::TIME_UNITS);
        assert_eq!(names(SIZE_UNITS), words::SIZE_UNITS);
    }
}
