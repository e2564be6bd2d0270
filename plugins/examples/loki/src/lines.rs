//! Owns what of a condition on `line` becomes a line filter of LogQL, and how exactly; refuses conditions whose filter could lose a
//! line. <https://grafana.com/docs/loki/latest/query/log_queries/#line-filter-expression>
//!
//! Loki rewrites patterns that it finds simple (`pkg/logql/log/filter.go`): `.+` becomes "not empty", and letters in either case are
//! searched by a loop that overlooks `aab` in `aaab`. Every pattern here has an end or [`re2::ANYTHING`] in it, which is not simple,
//! so that it is Go's `regexp` that decides.

use trawl_sdk::filter::{Test, matcher, re2, text, texts};
use trawl_sdk::template::escape;
use trawl_sdk::types::{CompareOp, Pushed, TextOp};

/// Loki answers U+FFFD for bytes that are no UTF-8: a pattern with it would not find them there.
const REPLACEMENT: char = '\u{fffd}';

/// A line filter as LogQL writes it, and how exactly it is the condition; none when there is none.
pub(crate) fn filter(test: &Test<'_>) -> Option<(String, Pushed)> {
    let (operator, pattern, exact) = parts(test)?;
    if pattern.contains(REPLACEMENT) {
        return None;
    }
    let mut quoted = String::new();
    escape(&pattern, '"', &mut quoted);
    let pushed = if exact {
        Pushed::Exact
    } else {
        Pushed::Inexact
    };
    Some((format!("{operator} \"{quoted}\""), pushed))
}

fn parts(test: &Test<'_>) -> Option<(&'static str, String, bool)> {
    let matching = |negated: bool| if negated { "!~" } else { "|~" };
    match test {
        Test::Compare(op @ (CompareOp::Eq | CompareOp::Ne), literal) => {
            let whole = format!("^{}$", re2::quote(text(literal)?));
            Some((matching(*op == CompareOp::Ne), whole, true))
        }
        Test::In { items, negated } => {
            let values = texts(items)?;
            if values.is_empty() || values.len() > matcher::MAX_VALUES {
                return None;
            }
            let any: Vec<String> = values.into_iter().map(re2::quote).collect();
            let whole = format!("^(?:{})$", any.join("|"));
            Some((matching(*negated), whole, true))
        }
        Test::Text {
            op: TextOp::Regex,
            pattern,
            ignore_case,
            negated,
        } => {
            let pattern = re2::common(pattern, *ignore_case)?;
            let whole = format!("{pattern}{}", re2::ANYTHING);
            Some((matching(*negated), whole, true))
        }
        Test::Text {
            op,
            pattern,
            ignore_case,
            negated,
        } => {
            if pattern.is_empty() {
                return None;
            }
            let (core, same) = if *ignore_case {
                re2::quote_ignoring_case(pattern)?
            } else {
                (re2::quote(pattern), true)
            };
            // A whole word is more than an occurrence.
            let exact = same && *op != TextOp::Has;
            // The opposite of more is less.
            if *negated && !exact {
                return None;
            }
            let plain = !ignore_case && matches!(op, TextOp::Contains | TextOp::Has);
            Some(match op {
                _ if plain => {
                    let operator = if *negated { "!=" } else { "|=" };
                    (operator, (*pattern).to_owned(), exact)
                }
                TextOp::Prefix => (matching(*negated), format!("^{core}"), exact),
                TextOp::Suffix => (matching(*negated), format!("{core}$"), exact),
                _ => {
                    let found = format!("{core}{}", re2::ANYTHING);
                    (matching(*negated), found, exact)
                }
            })
        }
        // A line is never null; that is quickly said by the host.
        Test::Compare(..) | Test::IsNull | Test::IsNotNull => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trawl_sdk::types::Literal;

    #[test]
    fn conditions_become_line_filters() {
        use Pushed::{Exact, Inexact};
        use TextOp::{Contains, Has, Prefix, Regex, Suffix};
        let of = |op, pattern: &'static str, ignore_case, negated| {
            filter(&Test::Text {
                op,
                pattern,
                ignore_case,
                negated,
            })
        };
        for (found, expected) in [
            (
                of(Contains, "a\"b\\", false, false),
                Some((r#"|= "a\"b\\""#, Exact)),
            ),
            (
                of(Contains, "a`b\n", false, true),
                Some((r#"!= "a`b\n""#, Exact)),
            ),
            (
                of(Contains, "Err1", true, false),
                Some((r#"|~ "[eE][rR][rR]1(?s:.*)""#, Exact)),
            ),
            (
                of(Contains, "err", true, true),
                Some((r#"!~ "[eE][rR][rR](?s:.*)""#, Exact)),
            ),
            // `İ` is an `i` in lower case.
            (
                of(Contains, "i", true, false),
                Some((r#"|~ "[iI\\x{130}](?s:.*)""#, Inexact)),
            ),
            (of(Contains, "i", true, true), None),
            (of(Contains, "é", true, false), None),
            (of(Contains, "é", false, false), Some((r#"|= "é""#, Exact))),
            (of(Contains, "", false, false), None),
            (of(Contains, "a\u{fffd}", false, false), None),
            (
                of(Has, "timeout", false, false),
                Some((r#"|= "timeout""#, Inexact)),
            ),
            (
                of(Has, "up", true, false),
                Some((r#"|~ "[uU][pP](?s:.*)""#, Inexact)),
            ),
            (of(Has, "up", false, true), None),
            (
                of(Prefix, "a.b", false, false),
                Some((r#"|~ "^a\\.b""#, Exact)),
            ),
            (of(Suffix, "a", true, true), Some((r#"!~ "[aA]$""#, Exact))),
            (
                of(Regex, "a.+", false, false),
                Some((r#"|~ "(?-s:a.+)(?s:.*)""#, Exact)),
            ),
            (
                of(Regex, "(?i)error|warn", false, true),
                Some((r#"!~ "(?i-s:error|warn)(?s:.*)""#, Exact)),
            ),
            (of(Regex, r"\d+", false, false), None),
        ] {
            let expected = expected.map(|(text, pushed)| (text.to_owned(), pushed));
            assert_eq!(found, expected);
        }
        let (x, empty) = (Literal::Utf8("a|b".into()), Literal::Utf8(String::new()));
        let is = |test| filter(&test).map(|(text, _)| text);
        assert_eq!(
            is(Test::Compare(CompareOp::Eq, &x)).unwrap(),
            r#"|~ "^a\\|b$""#
        );
        assert_eq!(
            is(Test::Compare(CompareOp::Ne, &empty)).unwrap(),
            r#"!~ "^$""#
        );
        assert_eq!(is(Test::Compare(CompareOp::Lt, &x)), None);
        let items = vec![&x, &empty];
        assert_eq!(
            is(Test::In {
                items,
                negated: false
            })
            .unwrap(),
            r#"|~ "^(?:a\\|b|)$""#
        );
        assert_eq!(is(Test::IsNotNull), None);
    }
}
