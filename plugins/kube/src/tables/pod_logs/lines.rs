//! Owns the cutting of a log's bytes into lines with their times, within bounded memory; refuses to know whose log it is.

use std::borrow::Cow;

use trawl_sdk::columns::parse_rfc3339_ns;

/// Bytes of one line that are kept. Runtimes cut at 16 KiB and kubelets join the pieces again; whole documents are logged as one
/// line, but none that somebody reads is longer than this.
pub(super) const MAX_LINE_BYTES: usize = 256 << 10;

/// One line.
#[derive(Debug, PartialEq)]
pub(super) struct Line<'l> {
    /// Nanoseconds since the epoch; none when the line does not begin with a time.
    pub(super) time: Option<i64>,
    pub(super) message: Cow<'l, str>,
    /// Whether the line was longer than [`MAX_LINE_BYTES`].
    pub(super) cut: bool,
    /// Whether bytes that are no UTF-8 were replaced.
    pub(super) replaced: bool,
}

/// Puts lines together from the pieces in which a body comes.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The beginning of a line whose end did not come yet.
    begun: Vec<u8>,
    /// Whether the begun line was cut, so that the rest of it is skipped.
    cut: bool,
}

impl Lines {
    /// Hands each line that ends in `bytes` to `line`, as long as that gives true. False when it gave false.
    pub(super) fn read<E>(
        &mut self,
        bytes: &[u8],
        mut line: impl FnMut(Line<'_>) -> Result<bool, E>,
    ) -> Result<bool, E> {
        let mut pieces = bytes.split(|byte| *byte == b'\n');
        // What follows the last end of a line begins the next one.
        let rest = pieces.next_back().unwrap_or_default();
        for piece in pieces {
            let more = if self.begun.is_empty() && piece.len() <= MAX_LINE_BYTES {
                line(parse(piece, false))?
            } else {
                self.append(piece);
                let more = line(parse(&self.begun, self.cut));
                self.begun.clear();
                self.cut = false;
                more?
            };
            if !more {
                return Ok(false);
            }
        }
        self.append(rest);
        Ok(true)
    }

    /// Hands over the last line, which no newline ends.
    pub(super) fn end<E>(
        &mut self,
        line: impl FnOnce(Line<'_>) -> Result<bool, E>,
    ) -> Result<bool, E> {
        if self.begun.is_empty() {
            return Ok(true);
        }
        let begun = std::mem::take(&mut self.begun);
        line(parse(&begun, std::mem::take(&mut self.cut)))
    }

    fn append(&mut self, piece: &[u8]) {
        let room = MAX_LINE_BYTES.saturating_sub(self.begun.len());
        self.cut |= piece.len() > room;
        self.begun.extend(piece.iter().take(room));
    }
}

/// `2026-11-21T08:26:15.123456789Z message`, as `timestamps=true` gives it. Other lines are what kubelets and runtimes put in
/// themselves ("unable to retrieve container logs"): they have no time.
fn parse(line: &[u8], cut: bool) -> Line<'_> {
    let line = match line {
        [kept @ .., b'\r'] if !cut => kept,
        line => line,
    };
    let (word, rest) = match line.iter().position(|byte| *byte == b' ') {
        Some(at) => (line.get(..at), line.get(at + 1..)),
        None => (Some(line), None),
    };
    let time = word
        .and_then(|word| std::str::from_utf8(word).ok())
        .and_then(parse_rfc3339_ns);
    let message = match time {
        Some(_) => rest.unwrap_or_default(),
        None => line,
    };
    let message = if cut { whole(message) } else { message };
    let text = String::from_utf8_lossy(message);
    Line {
        time,
        replaced: matches!(text, Cow::Owned(_)),
        message: text,
        cut,
    }
}

/// The bytes without a character that the cut went through.
fn whole(bytes: &[u8]) -> &[u8] {
    match bytes.utf8_chunks().last() {
        // A character has four bytes at most, so that three of one may be left over.
        Some(chunk) if (1..=3).contains(&chunk.invalid().len()) => bytes
            .get(..bytes.len() - chunk.invalid().len())
            .unwrap_or(bytes),
        _ => bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: &str = "2026-11-21T08:26:15.000000001Z";
    const NS: i64 = 1_795_249_575_000_000_001;

    /// Times and messages of a body that comes in pieces of `size` bytes.
    fn lines(body: &[u8], size: usize) -> Vec<(Option<i64>, String, bool, bool)> {
        let mut lines = Lines::default();
        let mut seen = Vec::new();
        let mut keep = |line: Line<'_>| -> Result<bool, ()> {
            seen.push((
                line.time,
                line.message.into_owned(),
                line.cut,
                line.replaced,
            ));
            Ok(true)
        };
        for piece in body.chunks(size) {
            assert!(lines.read(piece, &mut keep).unwrap());
        }
        lines.end(&mut keep).unwrap();
        seen
    }

    #[test]
    fn every_ending_of_a_line_gives_the_same_in_any_pieces() {
        let body = format!(
            "{STAMP} one\r\n{STAMP} two  words \n{STAMP} \n{STAMP}\n\nno time\n{STAMP} a\rb\n{STAMP} last"
        );
        let line = |time, text: &str| (time, text.to_owned(), false, false);
        let expected = [
            line(Some(NS), "one"),
            line(Some(NS), "two  words "),
            line(Some(NS), ""),
            line(Some(NS), ""),
            line(None, ""),
            line(None, "no time"),
            line(Some(NS), "a\rb"),
            line(Some(NS), "last"),
        ];
        for size in 1..=body.len() {
            assert_eq!(lines(body.as_bytes(), size), expected, "{size}");
        }
    }

    #[test]
    fn a_newline_at_the_end_begins_no_line() {
        assert_eq!(lines(b"a\n", 2).len(), 1);
        assert!(lines(b"", 1).is_empty());
        assert_eq!(lines(b"\n", 1).len(), 1);
    }

    #[test]
    fn times_of_other_zones_and_lengths() {
        for (text, ns) in [
            ("2026-11-21T09:26:15.000000001+01:00 x", NS),
            ("2026-11-21T08:26:15Z x", NS - 1),
            ("2026-11-21T08:26:15.1Z x", NS - 1 + 100_000_000),
        ] {
            assert_eq!(
                lines(text.as_bytes(), 7),
                [(Some(ns), "x".to_owned(), false, false)]
            );
        }
        let wrong = "2026-13-21T08:26:15Z x";
        assert_eq!(lines(wrong.as_bytes(), 7)[0].1, wrong);
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        let body = [STAMP.as_bytes(), b" a\xffb\n", STAMP.as_bytes(), b" ok\n"].concat();
        let seen = lines(&body, 5);
        assert_eq!(seen[0].1, "a\u{fffd}b");
        assert_eq!((seen[0].3, seen[1].3), (true, false));
    }

    #[test]
    fn long_lines_are_cut_at_a_character_and_the_next_one_is_whole() {
        let long = "é".repeat(MAX_LINE_BYTES);
        let body = format!("{STAMP} {long}\n{STAMP} next\n");
        for size in [1 << 10, 1 << 20] {
            let seen = lines(body.as_bytes(), size);
            assert_eq!(seen.len(), 2);
            assert!(seen[0].2 && !seen[0].3);
            assert!(seen[0].1.chars().all(|c| c == 'é'));
            let kept = MAX_LINE_BYTES - STAMP.len() - 1;
            assert!((kept - 3..=kept).contains(&seen[0].1.len()));
            assert_eq!(seen[1].1, "next");
        }
    }

    #[test]
    fn a_line_of_exactly_the_limit_is_whole() {
        let line = "x".repeat(MAX_LINE_BYTES);
        for size in [1000, MAX_LINE_BYTES + 1] {
            let seen = lines(format!("{line}\n").as_bytes(), size);
            assert_eq!((seen[0].1.len(), seen[0].2), (MAX_LINE_BYTES, false));
        }
    }

    #[test]
    fn reading_stops_where_it_is_told() {
        let mut seen = 0;
        let more = Lines::default().read(b"a\nb\nc\n", |_| -> Result<bool, ()> {
            seen += 1;
            Ok(seen < 2)
        });
        assert_eq!((more, seen), (Ok(false), 2));
    }
}
