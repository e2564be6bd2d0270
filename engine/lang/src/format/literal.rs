//! Literals without a text to copy them from, each in the usual spelling that has exactly its value. Owns those spellings
//! and the form of strings over several lines.

use std::fmt::Write;

use crate::ast::Literal;
use crate::lexer::{RAW_QUOTE, dedent, is_invisible};

/// Units of duration from long to short, in nanoseconds. Weeks are left out: nobody reads `4w2d` as thirty days.
const DURATIONS: &[(&str, u64)] = &[
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// Units of size from large to small, as powers of two.
const SIZES: &[(&str, u32)] = &[
    ("Ei", 60),
    ("Pi", 50),
    ("Ti", 40),
    ("Gi", 30),
    ("Mi", 20),
    ("Ki", 10),
];

/// 10^10 / 2^10: a byte is so many ten-billionths of a `Ki`, exactly.
const BYTE_IN_KI: u64 = 9_765_625;

/// Nanoseconds of a second.
const SECOND: i64 = 1_000_000_000;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// The literal as it is written. A text of several lines is left to [`block`].
pub(crate) fn spelled(literal: &Literal) -> String {
    match literal {
        Literal::Null => "null".to_owned(),
        Literal::Bool(value) => value.to_string(),
        Literal::Int(value) => value.to_string(),
        // The shortest digits that read back as the same number, always with a point or an exponent.
        Literal::Real(value) => format!("{value:?}"),
        Literal::Duration(nanoseconds) => signed(*nanoseconds, duration),
        Literal::Size(bytes) => signed(*bytes, size),
        Literal::String(text) => string(text),
        Literal::Datetime(nanoseconds) => datetime(*nanoseconds),
    }
}

/// `datetime( 2026-01-31 )` without the spaces at its brackets.
pub(super) fn tight(datetime: &str) -> String {
    let inner = datetime.split_once('(').and_then(|(word, rest)| {
        let date = rest.strip_suffix(')')?;
        Some(format!("{word}({})", date.trim()))
    });
    inner.unwrap_or_else(|| datetime.to_owned())
}

/// Whether the literal is written with a sign; the parser makes none such.
pub(super) fn is_negative(literal: &Literal) -> bool {
    match literal {
        Literal::Int(value) | Literal::Duration(value) | Literal::Size(value) => *value < 0,
        Literal::Real(value) => value.is_sign_negative(),
        _ => false,
    }
}

/// The lines of `text` as a `"""` string over several lines, when such a string has exactly this value whatever it is
/// indented by.
pub(super) fn block(text: &str) -> Option<Vec<String>> {
    if text.contains(RAW_QUOTE) {
        return None;
    }
    let lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let mut written = String::from("\n");
    for line in &lines {
        if !line.is_empty() {
            written.push_str("    ");
            written.push_str(line);
        }
        written.push('\n');
    }
    written.push_str("    ");
    (dedent(&written) == text).then_some(lines)
}

fn signed(value: i64, spell: fn(u64) -> String) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}", spell(value.unsigned_abs()))
}

fn duration(nanoseconds: u64) -> String {
    if nanoseconds == 0 {
        return "0s".to_owned();
    }
    let mut rest = nanoseconds;
    let mut out = String::new();
    for (unit, length) in DURATIONS {
        if rest >= *length {
            out.push_str(&format!("{}{unit}", rest / length));
            rest %= length;
        }
    }
    out
}

fn size(bytes: u64) -> String {
    let whole = SIZES
        .iter()
        .find(|(_, power)| bytes > 0 && bytes.trailing_zeros() >= *power);
    if let Some((unit, power)) = whole {
        return format!("{}{unit}", bytes >> power);
    }
    let fraction = format!("{:010}", (bytes % 1024) * BYTE_IN_KI);
    match fraction.trim_end_matches('0') {
        "" => format!("{}Ki", bytes / 1024),
        digits => format!("{}.{digits}Ki", bytes / 1024),
    }
}

/// `"…"`, or `@"…"` where that saves escapes: regular expressions and paths.
fn string(text: &str) -> String {
    let escaped = |character: char| character == '\n' || is_invisible(character);
    let printable = |character: char| character == ' ' || !escaped(character);
    if text.contains('\\') && text.chars().all(printable) {
        return format!("@\"{}\"", text.replace('"', "\"\""));
    }
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other if printable(other) => out.push(other),
            other => out.push_str(&format!("\\u{{{:x}}}", u32::from(other))),
        }
    }
    out.push('"');
    out
}

/// ISO 8601 in UTC, without a time at midnight.
fn datetime(nanoseconds: i64) -> String {
    let seconds = nanoseconds.div_euclid(SECOND);
    let fraction = nanoseconds.rem_euclid(SECOND);
    let (year, month, day) = date(seconds.div_euclid(DAY));
    let mut out = format!("datetime({year:04}-{month:02}-{day:02}");
    let time = seconds.rem_euclid(DAY);
    if time != 0 || fraction != 0 {
        let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
        // Writing to a string cannot fail.
        let _ = write!(out, "T{hour:02}:{minute:02}:{second:02}");
        if fraction != 0 {
            let digits = format!("{fraction:09}");
            let _ = write!(out, ".{}", digits.trim_end_matches('0'));
        }
        out.push('Z');
    }
    out.push(')');
    out
}

/// Year, month and day of a day since 1970-01-01: the inverse of the lexer's arithmetic, in eras of 400 years that begin
/// in March.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::{block, spelled};
    use crate::ast::{ExprKind, Literal, Source};

    /// The literal that `print <text>` prints.
    fn read(text: &str) -> Literal {
        let parsed = crate::parse(&format!("print {text}"));
        assert_eq!(parsed.diagnostics, [], "{text}");
        let query = parsed.file.unwrap().query.unwrap();
        let Source::Print(items) = query.source else {
            panic!("{text}")
        };
        match &items[0].expr.kind {
            ExprKind::Literal(literal) => literal.clone(),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn the_usual_spelling() {
        for (text, expected) in [
            ("90m", "1h30m"),
            ("30d", "30d"),
            ("2w", "14d"),
            ("0m", "0s"),
            ("1.5s", "1s500ms"),
            ("1024Mi", "1Gi"),
            ("1.5Ki", "1.5Ki"),
            ("0Gi", "0Ki"),
            ("1e3", "1000.0"),
            ("1e300", "1e300"),
            ("'it\\'s'", "\"it's\""),
            ("\"\\\\d+\"", "@\"\\d+\""),
            ("\"a\\\\\\n\"", "\"a\\\\\\n\""),
            ("\"\\u{1b}\\u00a0\"", "\"\\u{1b}\\u{a0}\""),
            ("datetime(2026-01-31T00:00Z)", "datetime(2026-01-31)"),
            (
                "datetime(2026-01-31 08:30+02:00)",
                "datetime(2026-01-31T06:30:00Z)",
            ),
            (
                "datetime(1969-12-31T23:59:59.9995)",
                "datetime(1969-12-31T23:59:59.9995Z)",
            ),
        ] {
            let literal = read(text);
            assert_eq!(spelled(&literal), expected);
            assert_eq!(read(expected), literal);
        }
    }

    #[test]
    fn every_spelling_reads_back() {
        for value in [0, 1, 999, 1023, 1025, 86_400_000_000_001, i64::MAX] {
            for literal in [
                Literal::Int(value),
                Literal::Duration(value),
                Literal::Size(value),
                Literal::Datetime(value),
                Literal::Datetime(-value),
            ] {
                assert_eq!(read(&spelled(&literal)), literal);
            }
        }
        assert_eq!(
            read(&spelled(&Literal::Datetime(i64::MIN))),
            Literal::Datetime(i64::MIN)
        );
    }

    #[test]
    fn blocks_have_their_value() {
        assert!(block("a\n  b\n\nc").is_some());
        assert!(block("\n").is_some());
        // Dedenting would take away what all lines share.
        assert!(block("  a\n  b").is_none());
        assert!(block("a\r\nb").is_none());
        assert!(block("a\n\"\"\"").is_none());
    }
}
