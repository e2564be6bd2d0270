//! Owns the times of protobuf and their texts, as Go prints them; refuses zones other than UTC.

use super::special::digits;
use super::wire::{Cursor, Fault, What, Wire};

/// Go's zero time, 0001-01-01T00:00:00Z, which JSON has as null.
const ZERO_SECONDS: i64 = -62_135_596_800;

/// Seconds of 9999-12-31T23:59:59Z: the last that RFC 3339 can say.
const LAST_SECONDS: i64 = 253_402_300_799;

const SECONDS_A_DAY: i64 = 86_400;

/// A time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Time {
    /// Since the epoch.
    seconds: i64,
    /// Below a second; none for times that have no fractions.
    micros: Option<u32>,
}

impl Time {
    /// Reads meta/v1 `Timestamp{seconds=1, nanos=2}`; none for the zero time. Go's own decoder takes no fractions from a Time,
    /// whatever was sent, and microseconds from a MicroTime.
    pub(crate) fn read(mut message: Cursor<'_>, fractions: bool) -> Result<Option<Self>, Fault> {
        let whole = message;
        let (mut seconds, mut nanos) = (0_i64, 0_u64);
        if message.bytes().is_empty() {
            return Ok(None);
        }
        while let Some(entry) = message.field()? {
            match (entry.number, entry.value) {
                (1, Wire::Varint(value)) => seconds = value.cast_signed(),
                (2, Wire::Varint(value)) => nanos = value,
                _ => {}
            }
        }
        if seconds == ZERO_SECONDS {
            return Ok(None);
        }
        let micros = u32::try_from(nanos / 1_000).unwrap_or(u32::MAX);
        if !(ZERO_SECONDS..=LAST_SECONDS).contains(&seconds) || micros >= 1_000_000 {
            return Err(whole.fault(What::Year));
        }
        Ok(Some(Self {
            seconds,
            micros: fractions.then_some(micros),
        }))
    }

    /// Nanoseconds since the epoch; years that 64 bits cannot say (before 1677, after 2262) saturate.
    pub(crate) fn nanos(self) -> i64 {
        let micros = i64::from(self.micros.unwrap_or(0));
        self.seconds
            .saturating_mul(1_000_000_000)
            .saturating_add(micros.saturating_mul(1_000))
    }

    /// Writes `2006-01-02T15:04:05Z`, or `2006-01-02T15:04:05.000000Z`.
    pub(crate) fn text(self, out: &mut String) {
        let (day, second) = (
            self.seconds.div_euclid(SECONDS_A_DAY),
            self.seconds.rem_euclid(SECONDS_A_DAY),
        );
        let (year, month, day) = civil(day);
        for (value, width, before) in [
            (year, 4, ""),
            (month, 2, "-"),
            (day, 2, "-"),
            (second / 3_600, 2, "T"),
            (second / 60 % 60, 2, ":"),
            (second % 60, 2, ":"),
        ] {
            out.push_str(before);
            digits(out, value.unsigned_abs(), width);
        }
        if let Some(micros) = self.micros {
            out.push('.');
            digits(out, u64::from(micros), 6);
        }
        out.push('Z');
    }
}

/// Year, month and day of a day since the epoch, in the Gregorian calendar: `civil_from_days` of
/// <https://howardhinnant.github.io/date_algorithms.html>. Years begin in March there, so that a leap day is the last.
fn civil(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let (era, day_of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * march_month + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use trawl_sdk::columns::parse_rfc3339_ns;

    fn time(seconds: i64, micros: Option<u32>) -> (String, i64) {
        let time = Time { seconds, micros };
        let mut text = String::new();
        time.text(&mut text);
        (text, time.nanos())
    }

    #[test]
    fn texts_are_gos() {
        for (seconds, micros, expected) in [
            (0, None, "1970-01-01T00:00:00Z"),
            (0, Some(0), "1970-01-01T00:00:00.000000Z"),
            (951_782_400, Some(7), "2000-02-29T00:00:00.000007Z"),
            (-1, None, "1969-12-31T23:59:59Z"),
            (LAST_SECONDS, None, "9999-12-31T23:59:59Z"),
            (ZERO_SECONDS + 1, None, "0001-01-01T00:00:01Z"),
        ] {
            assert_eq!(time(seconds, micros).0, expected);
        }
    }

    #[test]
    fn a_text_says_the_same_as_its_nanoseconds() {
        // Every 97 days and some seconds through the years that both can say.
        let mut seconds = -9_000_000_000_i64;
        while seconds < 9_000_000_000 {
            let (text, nanos) = time(seconds, Some(123_456));
            assert_eq!(parse_rfc3339_ns(&text), Some(nanos), "{text}");
            seconds += 97 * SECONDS_A_DAY + 12_345;
        }
    }

    #[test]
    fn messages_are_read() {
        let read = |bytes: &[u8]| Time::read(Cursor::new(bytes, 5), true);
        assert_eq!(read(&[]), Ok(None));
        let zero = [
            0x08, 0x80, 0x92, 0xb8, 0xc3, 0x98, 0xfe, 0xff, 0xff, 0xff, 0x01, 0x10, 0x00,
        ];
        assert_eq!(read(&zero), Ok(None));
        let time = read(&[0x08, 0x01, 0x10, 0xe8, 0x07]).unwrap().unwrap();
        assert_eq!((time.seconds, time.micros), (1, Some(1)));
        for bytes in [
            &[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f][..],
            &[0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
        ] {
            let fault = Fault {
                at: 5,
                what: What::Year,
            };
            assert_eq!(read(bytes), Err(fault));
        }
    }
}
