//! Owns regular expressions for RE2 that mean what the language's text operators mean; refuses patterns that RE2 could read otherwise.
//!
//! `matches regex` is evaluated by Rust's `regex` where it is not pushed down, and by Go's `regexp` in most remotes: both are RE2,
//! but classes like `\d` are Unicode's in one and ASCII's in the other. What is pushed as exact must be read alike by both.

/// Any text at all, line breaks too. `.` alone matches no line break in Prometheus 2 and does in 3.
pub const ANYTHING: &str = "(?s:.*)";

/// A text as a pattern that matches it alone.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        push_quoted(c, &mut out);
    }
    out
}

fn push_quoted(c: char, out: &mut String) {
    if r"\.+*?()|[]{}^$".contains(c) {
        out.push('\\');
    }
    out.push(c);
}

/// A text as a pattern that matches it in any case, as the language compares it: both texts in lower case. None when it has
/// letters beyond ASCII, whose cases nobody agrees on. The second part says whether it matches nothing else.
pub fn quote_ignoring_case(text: &str) -> Option<(String, bool)> {
    let mut out = String::new();
    let mut exact = true;
    for c in text.chars() {
        match c.to_ascii_lowercase() {
            _ if !c.is_ascii() => return None,
            // The Kelvin sign is a `k` in lower case, and `İ` is an `i` with a dot, which is then looked at again.
            'k' => out.push_str(r"[kK\x{212A}]"),
            'i' => {
                out.push_str(r"[iI\x{130}]");
                exact = false;
            }
            lower if lower.is_ascii_alphabetic() => {
                out.extend(['[', lower, lower.to_ascii_uppercase(), ']']);
            }
            other => push_quoted(other, &mut out),
        }
    }
    Some((out, exact))
}

/// A pattern for the whole value that finds `text` where `before` and `after` say that more may stand; and whether it finds
/// nothing else. None when there is none, or it would match the empty value, which to Prometheus is a missing label.
pub fn text(text: &str, ignore_case: bool, before: bool, after: bool) -> Option<(String, bool)> {
    if text.is_empty() {
        return None;
    }
    let (core, exact) = if ignore_case {
        quote_ignoring_case(text)?
    } else {
        (quote(text), true)
    };
    let around = |there: bool| if there { ANYTHING } else { "" };
    Some((format!("{}{core}{}", around(before), around(after)), exact))
}

/// A pattern for the whole value that matches where `pattern` matches anywhere in it; none when the two languages of patterns may
/// differ on it.
pub fn anywhere(pattern: &str, ignore_case: bool) -> Option<String> {
    common(pattern, ignore_case).map(|pattern| format!("{ANYTHING}{pattern}{ANYTHING}"))
}

/// The pattern as a group that stands anywhere in another one; none when the two languages of patterns may differ on it. A leading
/// `(?i)` says the same as `ignore_case`.
pub fn common(pattern: &str, ignore_case: bool) -> Option<String> {
    let (pattern, ignore_case) = match pattern.strip_prefix("(?i)") {
        Some(rest) => (rest, true),
        None => (pattern, ignore_case),
    };
    let flags = if ignore_case { "i-s" } else { "-s" };
    is_common(pattern).then(|| format!("(?{flags}:{pattern})"))
}

/// Whether a pattern means the same in Rust's and in Go's syntax: the parts that every dialect shares, without escapes of letters
/// (`\d` is ASCII in one alone), flags, what is an operator only in Rust's classes (`&&`, `~~`, `--`, `[a[b]]`), and what Go
/// refuses: an operator on an operator (`a{2}{3}`, `a*??`), and repeats within repeats that are more than a thousand together.
fn is_common(pattern: &str) -> bool {
    /// Go's limit for `{n}`.
    const MAX_REPEAT: usize = 1000;
    let allowed = |c: char| c.is_ascii_alphanumeric() || " _-/:,.@=^$|()*+?[]{}".contains(c);
    // `\<` is a boundary of words in Rust's syntax.
    let escapable = |c: char| c.is_ascii_punctuation() && !matches!(c, '<' | '>' | '{' | '}');
    let repeats = |c: char| matches!(c, '*' | '+' | '?' | '}');
    let mut in_class = false;
    let (mut earlier, mut before) = (' ', ' ');
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c == '\\' {
            if !chars.next().is_some_and(escapable) {
                return false;
            }
            earlier = before;
            // It stands for itself, as a letter does.
            before = 'a';
            continue;
        }
        let fine = match c {
            c if !allowed(c) => false,
            '[' if in_class => false,
            '[' => {
                in_class = true;
                true
            }
            // `[]a]` and `[^]a]` are read in two ways.
            ']' if in_class => {
                in_class = false;
                !matches!(before, '[' | '^')
            }
            ']' => false,
            '-' if in_class => before != '-',
            _ if in_class => true,
            // Behind one operator it makes it lazy.
            '?' => before != '(' && !(repeats(before) && repeats(earlier)),
            '*' | '+' => !repeats(before),
            // A group could have a repeat in it.
            '{' => !repeats(before) && before != ')',
            _ => true,
        };
        if !fine {
            return false;
        }
        earlier = before;
        before = c;
    }
    let counted = pattern.split('{').skip(1).all(|rest| {
        let inside = rest.split('}').next().unwrap_or_default();
        let mut numbers = inside.split(',');
        rest.contains('}')
            && numbers.clone().count() <= 2
            && numbers.next().is_some_and(|first| !first.is_empty())
            && inside
                .split(',')
                .all(|n| n.is_empty() || n.parse::<usize>().is_ok_and(|n| n <= MAX_REPEAT))
    });
    !in_class && counted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_patterns() {
        for (text, ignore_case, expected) in [
            ("a.b", false, Some((r"(?s:.*)a\.b", true))),
            ("x1", true, Some((r"(?s:.*)[xX]1", true))),
            ("ki", true, Some((r"(?s:.*)[kK\x{212A}][iI\x{130}]", false))),
            ("é", true, None),
            ("é", false, Some(("(?s:.*)é", true))),
            ("", false, None),
        ] {
            let expected = expected.map(|(pattern, exact)| (pattern.to_owned(), exact));
            assert_eq!(super::text(text, ignore_case, true, false), expected);
        }
    }

    #[test]
    fn case_is_a_flag_of_the_group() {
        for (pattern, ignore_case, expected) in [
            ("a|b", false, Some("(?-s:a|b)")),
            ("a|b", true, Some("(?i-s:a|b)")),
            ("(?i)a", false, Some("(?i-s:a)")),
            ("(?im)a", false, None),
        ] {
            assert_eq!(common(pattern, ignore_case).as_deref(), expected);
        }
    }

    #[test]
    fn only_what_dialects_share_is_taken() {
        for pattern in [
            "^api-(v1|v2)$",
            "a.*b",
            "[a-z0-9]+x?",
            "a{2,3}",
            "",
            "[^a]",
            "a+?",
            "a??",
            "a{2}?b{3,}",
            "(a+)*?",
            "a{2}(b|c)?",
            "[*+?{1}()]+",
            r"a\.b\/c",
            r"[\]\-a]+",
            r"\(x\)\*+",
        ] {
            assert!(is_common(pattern), "{pattern}");
        }
        for pattern in [
            r"\d",
            r"a\",
            r"\<a",
            r"a\.**",
            r"\bx",
            "(?i)a",
            "[a[b]]",
            "[a&&b]",
            "[a--b]",
            "é",
            "a{1001}",
            "[a",
            "a]",
            "a**",
            "[]a]",
            "a{,3}",
            "a{",
            "(?:a)",
            "a\n",
            "a{1,2,3}",
            "a{x}",
            "a{2}{3}",
            "a*{2}",
            "a?{2}",
            "(x{100}){100}",
            "(x{2})y(z){2}",
            "a*??",
            "a???",
            "a{2}??",
            "a{2}*",
            "a*?*",
        ] {
            assert!(!is_common(pattern), "{pattern}");
        }
    }
}
