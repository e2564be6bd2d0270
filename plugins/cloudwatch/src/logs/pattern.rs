//! Owns filter patterns: what can be asked of FilterLogEvents for a condition on messages, so that no event is lost. Refuses to be
//! exact; the host looks again.
//!
//! A bare or quoted term would not do: terms mind case, which `has` and `contains` do not, and the documentation does not say where a
//! term may begin inside a word. A regular expression is found anywhere in the text, and takes either case letter by letter:
//! `%[Tt][Ii][Mm][Ee][Oo][Uu][Tt]%`. See
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/regex-expressions.html>: letters, digits, a few symbols and operators; no
//! parentheses, no other characters. Only one of them fits into a pattern without fields.

use trawl_sdk::filter::{Predicate, Test, text};
use trawl_sdk::types::{CompareOp, DataType, TextOp};

/// Characters of a pattern, at most (`filterPattern` of FilterLogEvents).
const MAX_PATTERN: usize = 1_024;

/// Symbols that stand for themselves in every version of the documentation.
const SYMBOLS: &str = "_#=@/;,-";

/// Characters that a fragment must have for it to be worth asking.
const MIN_FRAGMENT: usize = 2;

/// A filter pattern that every event matches which the condition does; none when the API has no words for it.
pub(super) fn of(predicate: &Predicate<'_>) -> Option<String> {
    let of = predicate
        .column
        .output
        .first()
        .map(|field| &field.data_type);
    if of != Some(&DataType::Utf8) {
        return None;
    }
    let (wanted, ignore_case) = match &predicate.test {
        Test::Text {
            op: TextOp::Has | TextOp::Contains | TextOp::Prefix | TextOp::Suffix,
            pattern,
            ignore_case,
            negated: false,
        } => (*pattern, *ignore_case),
        Test::Compare(CompareOp::Eq, literal) => (text(literal)?, false),
        _ => return None,
    };
    let expression = longest(wanted, ignore_case)?;
    Some(format!("%{expression}%"))
}

/// The expression of the longest part of a text that can be said.
fn longest(text: &str, ignore_case: bool) -> Option<String> {
    let mut best: (usize, String) = (0, String::new());
    let mut length = 0;
    let mut expression = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let piece = piece(c, ignore_case, chars.peek().copied());
        match piece {
            // Two for the percent signs.
            Some(piece) if expression.len() + piece.len() + 2 <= MAX_PATTERN => {
                expression.push_str(&piece);
                length += 1;
            }
            Some(_) => break,
            None => {
                expression.clear();
                length = 0;
            }
        }
        if length > best.0 {
            best = (length, expression.clone());
        }
    }
    (best.0 >= MIN_FRAGMENT).then_some(best.1)
}

/// The dot that lower-casing puts behind the `i` of an `İ`: U+0307, combining dot above.
const DOT_ABOVE: char = '\u{307}';

/// What matches a character, and perhaps others; none when nothing surely does. `next` is what follows it in the text.
///
/// The engine compares what `str::to_lowercase` makes of both texts. Of all characters only the Kelvin sign (`k`) and `İ` (`i` and a
/// dot) become ASCII letters without being some; a test asks them all.
fn piece(c: char, ignore_case: bool, next: Option<char>) -> Option<String> {
    match c {
        'k' | 'K' if ignore_case => None,
        // An `i` without anything behind it may be one with a dot there.
        'i' | 'I' if ignore_case && next.is_none_or(|next| next == DOT_ABOVE) => None,
        'a'..='z' | 'A'..='Z' if ignore_case => Some(format!(
            "[{}{}]",
            c.to_ascii_uppercase(),
            c.to_ascii_lowercase()
        )),
        'a'..='z' | 'A'..='Z' | '0'..='9' => Some(c.to_string()),
        c if SYMBOLS.contains(c) => Some(c.to_string()),
        ' ' | '\t' => Some("\\s".to_owned()),
        // Any character: one that the syntax has no words for.
        c if c.is_ascii_graphic() => Some(".".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trawl_sdk::schema::{Type, request_column};
    use trawl_sdk::types::Literal;

    fn asked(op: TextOp, pattern: &str, ignore_case: bool) -> Option<String> {
        let column = &request_column("message", Type::Utf8);
        let test = Test::Text {
            op,
            pattern,
            ignore_case,
            negated: false,
        };
        of(&Predicate { column, test })
    }

    #[test]
    fn texts_become_expressions() {
        use TextOp::{Contains, Has, Prefix, Suffix};
        for (op, text, ignore_case, expected) in [
            (Has, "timeout", true, Some("%[Tt][Ii][Mm][Ee][Oo][Uu][Tt]%")),
            (Has, "timeout", false, Some("%timeout%")),
            (Contains, "a \"b\"", false, Some("%a\\s.b.%")),
            (Contains, "x(1)=%", false, Some("%x.1.=.%")),
            (Prefix, "E/2", false, Some("%E/2%")),
            (Suffix, "a\\b", false, Some("%a.b%")),
            // Characters whose folding has more than two forms end a part.
            (Has, "network", true, Some("%[Nn][Ee][Tt][Ww][Oo][Rr]%")),
            (Has, "wifi", true, Some("%[Ww][Ii][Ff]%")),
            (Has, "xI\u{307}", true, None),
            (Has, "xI\u{307}", false, Some("%xI%")),
            (Has, "xyi\u{307}", true, Some("%[Xx][Yy]%")),
            (Has, "xi\u{301}", true, Some("%[Xx][Ii]%")),
            (Has, "miſs", true, Some("%[Mm][Ii]%")),
            (Has, "network", false, Some("%network%")),
            (Has, "größe unbekannt", false, Some("%e\\sunbekannt%")),
            (Has, "x", false, None),
            (Has, "", false, None),
            (Has, "日本", false, None),
            (Has, "a\nbc", false, Some("%bc%")),
        ] {
            assert_eq!(asked(op, text, ignore_case).as_deref(), expected, "{text}");
        }
        assert_eq!(asked(TextOp::Regex, "abc", false), None);
    }

    /// What `piece` relies on, of the version of Unicode that this is compiled with.
    #[test]
    fn few_characters_become_ascii_when_case_is_ignored() {
        let others = ('\u{80}'..=char::MAX).filter(|c| {
            c.to_lowercase()
                .any(|lower| lower.is_ascii() || lower == DOT_ABOVE)
        });
        let others: Vec<(char, String)> = others.map(|c| (c, c.to_lowercase().collect())).collect();
        let expected = [
            ('\u{130}', "i\u{307}"),
            (DOT_ABOVE, "\u{307}"),
            ('\u{212a}', "k"),
        ];
        assert_eq!(others, expected.map(|(c, lower)| (c, lower.to_owned())));
    }

    #[test]
    fn patterns_are_bounded() {
        let long = asked(TextOp::Has, &"ab".repeat(2_000), true).unwrap();
        assert!(long.len() <= MAX_PATTERN && long.len() > MAX_PATTERN - 8);
        let long = asked(TextOp::Has, &"ab".repeat(2_000), false).unwrap();
        assert_eq!(long.len(), MAX_PATTERN);
    }

    #[test]
    fn other_conditions() {
        let (number, message) = (
            request_column("message", Type::Int64),
            request_column("message", Type::Utf8),
        );
        let text = Literal::Utf8("disk full".into());
        let equal = || Test::Compare(CompareOp::Eq, &text);
        assert_eq!(
            of(&Predicate {
                column: &message,
                test: equal()
            })
            .as_deref(),
            Some("%disk\\sfull%")
        );
        assert_eq!(
            of(&Predicate {
                column: &number,
                test: equal()
            }),
            None
        );
        let test = Test::Text {
            op: TextOp::Has,
            pattern: "abc",
            ignore_case: false,
            negated: true,
        };
        assert_eq!(
            of(&Predicate {
                column: &message,
                test
            }),
            None
        );
    }
}
