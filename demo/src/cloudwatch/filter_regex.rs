//! Owns regular expressions in filter patterns, `%…%`: the subset that CloudWatch Logs documents at
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/regex-expressions.html>. Letters, digits and some symbols stand for
//! themselves; the operators are `^ $ ? [ ] { } | \\ * + .`; there are no parentheses and no characters beyond ASCII. Such an
//! expression is a pattern by itself: beside terms, which the guide does not have, it is refused.

use regex::Regex;

/// Symbols that stand for themselves.
const SYMBOLS: &str = ":_#=@/;,-";
/// Operators; each stands for itself behind a backslash.
const OPERATORS: &str = "^$?[]{}|\\*+.";
/// What a letter behind a backslash means: a digit, a space, a word character, and their opposites.
const CLASSES: &str = "dDsSwW";

/// Reads an expression from behind its first percent sign; the error says what is wrong.
pub(super) fn read(text: &str) -> Result<Regex, &'static str> {
    let Some(expression) = text.strip_suffix('%') else {
        return Err("a regular expression ends with % and is the whole pattern");
    };
    if expression.is_empty() {
        return Err("a regular expression is empty");
    }
    let mut chars = expression.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => escape(&mut chars)?,
            '%' => return Err("a pattern has one regular expression and nothing beside it"),
            c if c.is_ascii_alphanumeric() || SYMBOLS.contains(c) || OPERATORS.contains(c) => {}
            _ => {
                return Err(
                    "a regular expression has letters, digits, :_#=@/;,- and the operators ^$?[]{}|\\*+. only",
                );
            }
        }
    }
    // What is left to refuse: classes that do not close, repetitions of nothing or of too much.
    Regex::new(expression).map_err(|_| "this is no regular expression, or a too large one")
}

/// What stands behind a backslash.
fn escape(chars: &mut std::str::Chars<'_>) -> Result<(), &'static str> {
    match chars.next() {
        Some(c) if OPERATORS.contains(c) || CLASSES.contains(c) => Ok(()),
        Some('x') if (0..2).all(|_| chars.next().is_some_and(|c| c.is_ascii_hexdigit())) => Ok(()),
        _ => Err(
            "behind a backslash stands an operator, one of d, D, s, S, w and W, or x and two hexadecimal digits",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_found_anywhere() {
        for (pattern, message, found) in [
            // The examples of AWS's guide.
            ("AUTHORIZED%", "[ERROR 401] UNAUTHORIZED REQUEST", true),
            ("^[hc]at%", "the cat", false),
            ("[hc]at$%", "the cat", true),
            ("colou?r%", "color", true),
            ("a{3,5}%", "aa", false),
            ("gray|grey%", "grey", true),
            (r"10\.10\.0\.1%", "10.10.0.1", true),
            (r"10\.10\.0\.1%", "10.1010.1", false),
            ("ab*c%", "ac", true),
            ("ab+c%", "ac", false),
            (r"\d\D\s\S\w\W%", "1a b_-", true),
            (r"\x28error\x29%", "(error)", true),
            // What a client sends that ignores case.
            ("[Tt][Ii][Mm][Ee]%", "a TIME", true),
            (r"disk\sfull.%", "disk full!", true),
            ("a:b_c#d=e@f/g;h,i-j%", "a:b_c#d=e@f/g;h,i-j", true),
        ] {
            let regex = read(pattern).unwrap();
            assert_eq!(regex.is_match(message), found, "{pattern} on {message}");
        }
    }

    #[test]
    fn what_is_outside_of_the_subset_is_refused() {
        for (pattern, part) in [
            ("", "ends with %"),
            ("time", "ends with %"),
            ("%", "is empty"),
            ("something!%", "letters, digits"),
            ("(a)%", "letters, digits"),
            ("a b%", "letters, digits"),
            ("é%", "letters, digits"),
            ("a%b%", "nothing beside it"),
            (r"\(%", "behind a backslash"),
            (r"\b%", "behind a backslash"),
            (r"\x2%", "behind a backslash"),
            (r"\x{28}%", "behind a backslash"),
            (r"\%", "behind a backslash"),
            ("[a%", "no regular expression"),
            ("*%", "no regular expression"),
            ("a{1000}{1000}{1000}%", "no regular expression"),
        ] {
            let why = read(pattern).unwrap_err();
            assert!(why.contains(part), "{pattern}: {why}");
        }
    }

    #[test]
    fn the_longest_pattern_is_served() {
        let longest = ".".repeat(super::super::filter_pattern::MAX_CHARACTERS - 2);
        assert!(read(&format!("{longest}%")).is_ok());
    }
}
