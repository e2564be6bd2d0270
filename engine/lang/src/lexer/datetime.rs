//! `datetime(…)`: an ISO 8601 date with an optional time and zone, to nanoseconds since the Unix epoch. Owns the calendar
//! arithmetic; refuses dates that 64 bits of nanoseconds cannot hold (before 1677, after 2262).

use super::{Lexer, shorten};
use crate::diagnostic::{Diagnostic, codes};
use crate::token::Kind;

const NANOSECONDS: i128 = 1_000_000_000;

/// What is wrong with a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    Form,
    /// The named part is outside the calendar.
    Part(&'static str),
    Range,
}

impl Lexer<'_> {
    /// Lexes the rest of a literal whose word `datetime` began at `start`; the parenthesis comes next.
    pub(super) fn datetime(&mut self, start: usize) {
        self.at += 1;
        let body = self.take_while(|character| !matches!(character, ')' | '\n'));
        let closed = self.rest().starts_with(')');
        self.at += usize::from(closed);
        let span = self.span_from(start);
        if !closed {
            self.report(
                Diagnostic::error(codes::DATETIME, "`datetime(` is not closed")
                    .label(span, "it must end with `)` on the same line"),
                span,
            );
            self.push(Kind::Datetime(0), start);
            return;
        }
        let written = body.trim();
        let value = match parse(written) {
            Ok(value) => value,
            Err(wrong) => {
                let shown = shorten(written);
                let message = match wrong {
                    Wrong::Form => format!("`{shown}` is not an ISO 8601 date"),
                    Wrong::Part(part) => format!("`{shown}`: there is no such {part}"),
                    Wrong::Range => format!("`{shown}` is outside the years 1678 to 2261"),
                };
                let diagnostic = Diagnostic::error(codes::DATETIME, message).at(span);
                let unquoted = written.trim_matches(['"', '\'']);
                let diagnostic = match parse(unquoted) {
                    Ok(_) => diagnostic
                        .help("the date stands without quotes")
                        .fix(span, format!("datetime({unquoted})")),
                    Err(_) => diagnostic
                        .help("write `datetime(2026-01-31)` or `datetime(2026-01-31T08:30:00Z)`; to convert a value use `todatetime(…)`"),
                };
                self.report(diagnostic, span);
                0
            }
        };
        self.push(Kind::Datetime(value), start);
    }
}

fn parse(text: &str) -> Result<i64, Wrong> {
    let mut reader = Reader { rest: text };
    let year = reader.digits(4)?;
    reader.skip('-')?;
    let month = reader.part(1..=12, "month")?;
    reader.skip('-')?;
    let day = reader.part(1..=days_in(year, month), "day")?;
    let mut nanoseconds = i128::from(days_from_epoch(year, month, day)) * 86_400 * NANOSECONDS;
    if reader.accept('T') || reader.accept('t') || reader.accept(' ') {
        let hour = reader.part(0..=23, "hour")?;
        reader.skip(':')?;
        let minute = reader.part(0..=59, "minute")?;
        let mut second = 0;
        let mut fraction = 0;
        if reader.accept(':') {
            second = reader.part(0..=59, "second")?;
            if reader.accept('.') {
                fraction = reader.fraction()?;
            }
        }
        let zone = reader.zone()?;
        let seconds = hour * 3600 + minute * 60 + second - zone;
        nanoseconds += i128::from(seconds) * NANOSECONDS + i128::from(fraction);
    }
    if !reader.rest.is_empty() {
        return Err(Wrong::Form);
    }
    i64::try_from(nanoseconds).map_err(|_| Wrong::Range)
}

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    fn accept(&mut self, wanted: char) -> bool {
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn skip(&mut self, wanted: char) -> Result<(), Wrong> {
        self.accept(wanted).then_some(()).ok_or(Wrong::Form)
    }

    fn digits(&mut self, count: usize) -> Result<i64, Wrong> {
        let digits = self.rest.get(..count).ok_or(Wrong::Form)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Wrong::Form);
        }
        self.rest = self.rest.get(count..).unwrap_or("");
        digits.parse().map_err(|_| Wrong::Form)
    }

    fn part(
        &mut self,
        allowed: std::ops::RangeInclusive<i64>,
        name: &'static str,
    ) -> Result<i64, Wrong> {
        let value = self.digits(2)?;
        if allowed.contains(&value) {
            Ok(value)
        } else {
            Err(Wrong::Part(name))
        }
    }

    /// One to nine digits, as nanoseconds.
    fn fraction(&mut self) -> Result<i64, Wrong> {
        let count = self
            .rest
            .bytes()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if !(1..=9).contains(&count) {
            return Err(Wrong::Form);
        }
        let value = self.digits(count)?;
        let missing = u32::try_from(9 - count).map_err(|_| Wrong::Form)?;
        Ok(value * 10i64.pow(missing))
    }

    /// Seconds east of UTC; nothing means UTC.
    fn zone(&mut self) -> Result<i64, Wrong> {
        if self.rest.is_empty() || self.accept('Z') || self.accept('z') {
            return Ok(0);
        }
        let sign = if self.accept('+') {
            1
        } else if self.accept('-') {
            -1
        } else {
            return Err(Wrong::Form);
        };
        let hour = self.part(0..=23, "offset")?;
        self.accept(':');
        let minute = self.part(0..=59, "offset")?;
        Ok(sign * (hour * 3600 + minute * 60))
    }
}

fn days_in(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar, for years 0 to 9999: whole eras of 400 years, whose length
/// is always 146097 days, with the year begun in March so that the leap day comes last.
fn days_from_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::{Wrong, parse};

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn dates_and_times() {
        assert_eq!(parse("1970-01-01"), Ok(0));
        assert_eq!(parse("2000-03-01"), Ok(951_868_800 * SECOND));
        assert_eq!(parse("2024-02-29T12:30:15Z"), Ok(1_709_209_815 * SECOND));
        assert_eq!(parse("2024-02-29 12:30"), Ok(1_709_209_800 * SECOND));
        assert_eq!(parse("1969-12-31T23:59:59.999999999"), Ok(-1));
        assert_eq!(parse("1970-01-01T01:00:00+01:00"), Ok(0));
        assert_eq!(parse("1970-01-01T00:00:00-0130"), Ok(5_400 * SECOND));
    }

    #[test]
    fn refused() {
        assert_eq!(parse("2023-02-29"), Err(Wrong::Part("day")));
        assert_eq!(parse("2023-13-01"), Err(Wrong::Part("month")));
        assert_eq!(parse("2023-01-01T24:00"), Err(Wrong::Part("hour")));
        assert_eq!(parse("1500-01-01"), Err(Wrong::Range));
        assert_eq!(parse("2023-1-1"), Err(Wrong::Form));
        assert_eq!(parse(""), Err(Wrong::Form));
        assert_eq!(parse("2023-01-01T10:00:00.1234567890"), Err(Wrong::Form));
        assert_eq!(parse("2023-01-01x"), Err(Wrong::Form));
        assert_eq!(parse("２０２３-01-01"), Err(Wrong::Form));
    }
}
