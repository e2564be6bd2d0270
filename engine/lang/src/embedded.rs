//! Text of another language inside a string, such as PromQL: where values are bound into it by `@{name}`. Owns the form of such a
//! hole and its place in the query; refuses to know what is bound, and how that language escapes it.

use crate::span::Span;
use crate::words;

/// What a hole begins with.
const OPENER: &str = "@{";

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'t> {
    /// As it stands.
    Text(&'t str),
    /// `@{name}`: a value is bound here.
    Hole {
        /// The name.
        name: &'t str,
        /// How many `@{` stand before it, for [`place`].
        nth: usize,
    },
    /// `@{…}` around something else than a name.
    Malformed {
        /// How many `@{` stand before it, for [`place`].
        nth: usize,
    },
}

/// The parts of a string's value, in order. `@{2}` and `@{2,3}` are text: repetitions of a regular expression.
pub fn parts(value: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut text = 0;
    for (nth, (at, _)) in value.match_indices(OPENER).enumerate() {
        let inner = value.get(at + OPENER.len()..).unwrap_or_default();
        let name = inner.find(|character| !words::continues_name(character));
        let name = inner.get(..name.unwrap_or(inner.len())).unwrap_or_default();
        let closed = inner
            .get(name.len()..)
            .is_some_and(|rest| rest.starts_with('}'));
        let digits = inner.trim_start_matches(|it: char| it.is_ascii_digit() || it == ',');
        if digits.len() < inner.len() && digits.starts_with('}') {
            continue;
        }
        let before = value.get(text..at).unwrap_or_default();
        if !before.is_empty() {
            parts.push(Part::Text(before));
        }
        if closed && name.starts_with(words::begins_name) {
            parts.push(Part::Hole { name, nth });
            text = at + OPENER.len() + name.len() + 1;
        } else {
            parts.push(Part::Malformed { nth });
            text = at + OPENER.len();
        }
    }
    let rest = value.get(text..).unwrap_or_default();
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    parts
}

/// Where the hole with this many `@{` before it stands in a query's text, up to its `}`; the whole string where escapes hide it.
pub fn place(text: &str, string: Span, value: &str, nth: usize) -> Span {
    let (start, end) = (offset(string.start), offset(string.end));
    let written = text.get(start..end).unwrap_or_default();
    // An escape can stand for one of the two characters; then places cannot be told by counting.
    if written.matches(OPENER).count() != value.matches(OPENER).count() {
        return string;
    }
    let Some((at, _)) = written.match_indices(OPENER).nth(nth) else {
        return string;
    };
    let hole = written.get(at..).unwrap_or_default();
    let line = hole.split('\n').next().unwrap_or_default();
    let length = line.find('}').map_or(OPENER.len(), |end| end + 1);
    let place = |at: usize| u32::try_from(start + at).unwrap_or(string.end);
    Span::new(place(at), place(at + length))
}

fn offset(at: u32) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hole(name: &str, nth: usize) -> Part<'_> {
        Part::Hole { name, nth }
    }

    #[test]
    fn names_are_holes_and_repetitions_are_text() {
        for (value, expected) in [
            ("", vec![]),
            ("up", vec![Part::Text("up")]),
            ("@{x}", vec![hole("x", 0)]),
            (
                "a{p=\"@{pod_1}\"}[@{d}]",
                vec![
                    Part::Text("a{p=\""),
                    hole("pod_1", 0),
                    Part::Text("\"}["),
                    hole("d", 1),
                    Part::Text("]"),
                ],
            ),
            ("@{a}@{b}", vec![hole("a", 0), hole("b", 1)]),
            ("a@{2}b@{1,3}", vec![Part::Text("a@{2}b@{1,3}")]),
            ("x @ 5 {", vec![Part::Text("x @ 5 {")]),
            ("@{2}@{x}", vec![Part::Text("@{2}"), hole("x", 1)]),
            (
                "@{ x }",
                vec![Part::Malformed { nth: 0 }, Part::Text(" x }")],
            ),
            (
                "é@{x",
                vec![Part::Text("é"), Part::Malformed { nth: 0 }, Part::Text("x")],
            ),
            ("@{}", vec![Part::Malformed { nth: 0 }, Part::Text("}")]),
            ("@{@{x}", vec![Part::Malformed { nth: 0 }, hole("x", 1)]),
        ] {
            assert_eq!(parts(value), expected, "{value}");
        }
    }

    #[test]
    fn a_place_is_the_hole_in_the_text() {
        let text = "prometheus(\"a\\n@{x} @{y} @{\")";
        let value = "a\n@{x} @{y} @{";
        let string = Span::new(11, 29);
        for (nth, expected) in [(0, "@{x}"), (1, "@{y}"), (2, "@{")] {
            let span = place(text, string, value, nth);
            assert_eq!(&text[offset(span.start)..offset(span.end)], expected);
        }
        assert_eq!(
            place("\"\\u0040{x}\"", Span::new(0, 11), "@{x}", 0),
            Span::new(0, 11)
        );
        assert_eq!(place("", string, value, 0), string);
    }
}
