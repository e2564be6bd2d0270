//! Owns reading a query from left to right: space, signs, words, texts, numbers, durations. It knows no expressions.

use super::SUBSET;

/// A query and how far it was read.
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Cursor<'a> {
        Cursor { text, at: 0 }
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The place, to come back to.
    pub(super) fn place(&self) -> usize {
        self.at
    }

    pub(super) fn back_to(&mut self, place: usize) {
        self.at = place;
    }

    fn skip(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
    }

    /// The message for the client about what is at the cursor.
    pub(super) fn fail(&self, what: &str) -> String {
        let before = self.text.get(..self.at).unwrap_or_default();
        let column = before.chars().count().saturating_add(1);
        format!("1:{column}: parse error: {what}; {SUBSET}")
    }

    pub(super) fn space(&mut self) {
        let rest = self.rest();
        self.skip(rest.len().saturating_sub(rest.trim_start().len()));
    }

    /// Takes a sign if it comes next.
    pub(super) fn sign(&mut self, sign: &str) -> bool {
        self.space();
        let found = self.rest().starts_with(sign);
        if found {
            self.skip(sign.len());
        }
        found
    }

    pub(super) fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.sign(sign) {
            return Ok(());
        }
        let found = match head(self.rest()) {
            end if end.is_empty() => "the end of the query".to_owned(),
            other => format!("{other:?}"),
        };
        Err(self.fail(&format!("expected {sign:?}, found {found}")))
    }

    /// Takes a name: of a metric (which may contain colons), a label, a function.
    pub(super) fn word(&mut self) -> Option<&'a str> {
        self.space();
        let rest = self.rest();
        let first = rest.chars().next()?;
        if !(first.is_ascii_alphabetic() || first == '_' || first == ':') {
            return None;
        }
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'))
            .unwrap_or(rest.len());
        self.skip(end);
        rest.get(..end)
    }

    /// Takes a number: digits, a sign, a point, an exponent.
    pub(super) fn number(&mut self) -> Result<f64, String> {
        self.space();
        let rest = self.rest();
        let end = rest
            .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-')))
            .unwrap_or(rest.len());
        let text = rest.get(..end).unwrap_or_default();
        let number = text.parse().map_err(|_| self.fail("expected a number"))?;
        self.skip(end);
        Ok(number)
    }

    /// A whole number and the comma after it.
    pub(super) fn count(&mut self) -> Result<usize, String> {
        self.space();
        let rest = self.rest();
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let count = rest.get(..end).and_then(|digits| digits.parse().ok());
        let count = count.ok_or_else(|| self.fail("expected a whole number of series"))?;
        self.skip(end);
        self.expect(",")?;
        Ok(count)
    }

    /// A string in double or single quotes with Go's escapes, or in backquotes without.
    pub(super) fn string(&mut self) -> Result<String, String> {
        self.space();
        let mut chars = self.rest().char_indices();
        let quote = match chars.next() {
            Some((_, quote @ ('"' | '\'' | '`'))) => quote,
            _ => return Err(self.fail("expected a quoted string")),
        };
        let mut value = String::new();
        while let Some((index, c)) = chars.next() {
            match c {
                c if c == quote => {
                    self.skip(index.saturating_add(1));
                    return Ok(value);
                }
                '\\' if quote != '`' => match chars.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, 't')) => value.push('\t'),
                    Some((_, 'r')) => value.push('\r'),
                    Some((_, escaped @ ('\\' | '"' | '\''))) => value.push(escaped),
                    _ => {
                        return Err(self.fail(
                            "an escape that is not served here, expected \\\\ \\\" \\' \\n \\r or \\t",
                        ));
                    }
                },
                c => value.push(c),
            }
        }
        Err(self.fail("the string does not end"))
    }

    /// `5m]`, what follows the bracket of a range: its milliseconds, more than none.
    pub(super) fn range(&mut self) -> Result<i64, String> {
        let rest = self.rest();
        let Some(end) = rest.find(']') else {
            return Err(self.fail("the range does not end"));
        };
        let text = rest.get(..end).unwrap_or_default().trim();
        let range_ms = duration_ms(text).filter(|range_ms| *range_ms > 0);
        let range_ms = range_ms.ok_or_else(|| {
            self.fail(&format!(
                "{text:?} is no duration, expected one like 5m or 1h30m"
            ))
        })?;
        self.skip(end.saturating_add(1));
        Ok(range_ms)
    }
}

/// The beginning of a text, for messages.
pub(super) fn head(text: &str) -> String {
    text.chars().take(12).collect()
}

/// A duration such as `1h30m` in milliseconds.
pub(crate) fn duration_ms(text: &str) -> Option<i64> {
    const UNITS: [(&str, i64); 7] = [
        ("ms", 1),
        ("s", 1000),
        ("m", 60_000),
        ("h", 3_600_000),
        ("d", 86_400_000),
        ("w", 604_800_000),
        ("y", 31_536_000_000),
    ];
    let (mut rest, mut sum_ms) = (text, 0i64);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, after) = rest.split_at(digits);
        let (unit, unit_ms) = UNITS
            .into_iter()
            .find(|(unit, _)| after.starts_with(unit))?;
        let part_ms = number.parse::<i64>().ok()?.checked_mul(unit_ms)?;
        sum_ms = sum_ms.checked_add(part_ms)?;
        rest = after.get(unit.len()..)?;
    }
    (!text.is_empty()).then_some(sum_ms)
}
