//! `format_datetime`: a time as text, in a form that is written as in KQL. Owns the form's tokens.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::DataType;
use chrono::{Datelike, Offset, Timelike};
use chrono_tz::Tz;
use datafusion_common::Result;

use super::Kernel;
use super::calendar::{local, times};

/// Digits of a fraction of a second; a time has no more.
const MAX_FRACTION_DIGITS: usize = 9;

/// The tokens, for messages.
pub const TOKENS: &str = "yyyy yy MM M dd d HH H hh h mm m ss s f to fffffffff tt zzz";

/// A piece of a form.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Piece {
    /// As it stands.
    Text(String),
    Year,
    /// The last two digits.
    ShortYear,
    Month {
        width: usize,
    },
    Day {
        width: usize,
    },
    Hour {
        width: usize,
    },
    /// 1 to 12.
    HalfDayHour {
        width: usize,
    },
    Minute {
        width: usize,
    },
    Second {
        width: usize,
    },
    /// So many digits of the second's fraction, the rest cut off.
    Fraction {
        digits: usize,
    },
    /// AM or PM.
    HalfDay,
    /// `+02:00`.
    Offset,
}

/// Why a form is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotAForm {
    /// Letters that are no token.
    Letters(String),
    /// A quote without its end.
    Unclosed,
}

/// A form, read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Form {
    pieces: Vec<Piece>,
}

impl Form {
    /// Reads a form: runs of one letter are tokens, `'…'` and what is no letter stand for themselves.
    ///
    /// # Errors
    /// Letters outside of quotes that are no token, or a quote that does not end.
    pub fn parse(form: &str) -> std::result::Result<Self, NotAForm> {
        let mut pieces = Vec::new();
        let mut rest = form;
        while let Some(first) = rest.chars().next() {
            if let Some(quoted) = rest.strip_prefix('\'') {
                let (text, after) = quoted.split_once('\'').ok_or(NotAForm::Unclosed)?;
                pieces.push(Piece::Text(text.to_owned()));
                rest = after;
                continue;
            }
            let same = |c: char| {
                if first.is_alphabetic() {
                    c == first
                } else {
                    !c.is_alphabetic() && c != '\''
                }
            };
            let end = rest.find(|c| !same(c)).unwrap_or(rest.len());
            let (run, after) = rest.split_at(end);
            pieces.push(if first.is_alphabetic() {
                token(run).ok_or_else(|| NotAForm::Letters(run.to_owned()))?
            } else {
                Piece::Text(run.to_owned())
            });
            rest = after;
        }
        Ok(Self { pieces })
    }

    fn text(&self, nanoseconds: i64, zone: Tz) -> String {
        let time = local(nanoseconds, zone);
        let mut text = String::new();
        for piece in &self.pieces {
            let (number, width) = match piece {
                Piece::Text(as_it_stands) => {
                    text.push_str(as_it_stands);
                    continue;
                }
                Piece::HalfDay => {
                    text.push_str(if time.hour() < 12 { "AM" } else { "PM" });
                    continue;
                }
                Piece::Offset => {
                    let minutes = time.offset().fix().local_minus_utc() / 60;
                    let sign = if minutes < 0 { '-' } else { '+' };
                    let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
                    // Writing to a text cannot fail.
                    let _ = write!(text, "{sign}{hours:02}:{minutes:02}");
                    continue;
                }
                Piece::Fraction { digits } => {
                    let all = format!("{:09}", time.nanosecond());
                    text.push_str(all.get(..*digits).unwrap_or(&all));
                    continue;
                }
                // Years from 1677 to 2262: positive, four digits.
                Piece::Year => (time.year().unsigned_abs(), 4),
                Piece::ShortYear => (time.year().unsigned_abs() % 100, 2),
                Piece::Month { width } => (time.month(), *width),
                Piece::Day { width } => (time.day(), *width),
                Piece::Hour { width } => (time.hour(), *width),
                Piece::HalfDayHour { width } => (time.hour12().1, *width),
                Piece::Minute { width } => (time.minute(), *width),
                Piece::Second { width } => (time.second(), *width),
            };
            let _ = write!(text, "{number:0width$}");
        }
        text
    }
}

fn token(run: &str) -> Option<Piece> {
    let width = run.len();
    Some(match run {
        "yyyy" => Piece::Year,
        "yy" => Piece::ShortYear,
        "MM" | "M" => Piece::Month { width },
        "dd" | "d" => Piece::Day { width },
        "HH" | "H" => Piece::Hour { width },
        "hh" | "h" => Piece::HalfDayHour { width },
        "mm" | "m" => Piece::Minute { width },
        "ss" | "s" => Piece::Second { width },
        "tt" => Piece::HalfDay,
        "zzz" => Piece::Offset,
        run if run.starts_with('f') && width <= MAX_FRACTION_DIGITS => {
            Piece::Fraction { digits: width }
        }
        _ => return None,
    })
}

/// A time as text of a form.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FormatTime {
    /// The form.
    pub form: Form,
    /// Where the clock stands.
    pub zone: Tz,
}

impl Kernel for FormatTime {
    fn name(&self) -> &str {
        "format_datetime"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let texts: StringArray = times(self.name(), arguments)?
            .map(|time| Some(self.form.text(time?, self.zone)))
            .collect();
        Ok(Arc::new(texts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time_text::parse_datetime;

    fn text(form: &str, zone: &str, time: &str) -> String {
        let time = parse_datetime(time).unwrap();
        Form::parse(form).unwrap().text(time, zone.parse().unwrap())
    }

    #[test]
    fn every_token_has_its_form() {
        let morning = "2026-03-04T05:06:07.089Z";
        let evening = "2026-11-12T23:14:15.999999999Z";
        for (form, first, second) in [
            ("yyyy yy", "2026 26", "2026 26"),
            ("MM M dd d", "03 3 04 4", "11 11 12 12"),
            ("HH H hh h tt", "05 5 05 5 AM", "23 23 11 11 PM"),
            ("mm m ss s", "06 6 07 7", "14 14 15 15"),
            ("f ff fff", "0 08 089", "9 99 999"),
            ("fffffffff", "089000000", "999999999"),
            ("yyyyMMddHHmmss", "20260304050607", "20261112231415"),
            ("zzz", "+00:00", "+00:00"),
            ("'day' d, 'é'!", "day 4, é!", "day 12, é!"),
            ("", "", ""),
        ] {
            assert_eq!(text(form, "UTC", morning), first, "{form}");
            assert_eq!(text(form, "UTC", evening), second, "{form}");
        }
    }

    #[test]
    fn offsets_have_a_sign_and_minutes() {
        let noon = "2026-07-01T12:00:00Z";
        assert_eq!(text("HH:mm zzz", "Europe/Berlin", noon), "14:00 +02:00");
        assert_eq!(text("HH:mm zzz", "America/St_Johns", noon), "09:30 -02:30");
        assert_eq!(text("hh tt", "UTC", "2026-07-01T00:00:00Z"), "12 AM");
    }

    #[test]
    fn other_letters_are_refused() {
        for (form, wrong) in [
            ("yyyyTHH", "T"),
            ("yyy", "yyy"),
            ("ffffffffff", "ffffffffff"),
            ("年", "年"),
            ("F", "F"),
        ] {
            assert_eq!(Form::parse(form), Err(NotAForm::Letters(wrong.into())));
        }
        assert_eq!(Form::parse("yyyy 'T"), Err(NotAForm::Unclosed));
    }
}
