//! Owns `filterPattern` of FilterLogEvents, the part for unstructured text: terms, phrases in double quotes, `-` before
//! what must not occur, `?` before alternatives; or one regular expression (see `filter_regex`). As CloudWatch does, it matches
//! parts of words and minds upper and lower case; alternatives are ignored where anything else is asked for, as AWS's guide
//! says. Patterns for JSON (`{ … }`) and for fields (`[ … ]`) are refused.

use regex::Regex;

use super::filter_regex;
use super::refusal::{Refusal, Service};

/// AWS's limit, in characters.
pub(crate) const MAX_CHARACTERS: usize = 1024;

/// A pattern: everything passes the empty one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pattern {
    /// Then there are no terms.
    regex: Option<Regex>,
    all: Vec<String>,
    none: Vec<String>,
    any: Vec<String>,
}

impl Pattern {
    /// Reads a pattern.
    pub(crate) fn read(text: &str) -> Result<Pattern, Refusal> {
        let mut pattern = Pattern::default();
        let mut rest = text.trim_start();
        if rest.starts_with(['{', '[']) {
            return Err(refuse(
                "the demo answers terms, phrases and regular expressions, not patterns for JSON or fields",
            ));
        }
        if let Some(expression) = rest.strip_prefix('%') {
            pattern.regex = Some(filter_regex::read(expression.trim_end()).map_err(refuse)?);
            return Ok(pattern);
        }
        while let Some(first) = rest.chars().next() {
            let (list, after) = match first {
                '-' => (&mut pattern.none, rest.get(1..).unwrap_or_default()),
                '?' => (&mut pattern.any, rest.get(1..).unwrap_or_default()),
                _ => (&mut pattern.all, rest),
            };
            let (term, after) = match after.strip_prefix('"') {
                Some(quoted) => phrase(quoted)?,
                None => word(after)?,
            };
            list.push(term);
            rest = after.trim_start();
        }
        Ok(pattern)
    }

    /// Whether a message passes.
    pub(crate) fn passes(&self, message: &str) -> bool {
        let has = |term: &String| message.contains(term.as_str());
        self.regex
            .as_ref()
            .is_none_or(|regex| regex.is_match(message))
            && self.all.iter().all(has)
            && !self.none.iter().any(has)
            && (self.any.is_empty() || !self.all.is_empty() || self.any.iter().any(has))
    }
}

/// What is between quotes, and what comes after them.
fn phrase(quoted: &str) -> Result<(String, &str), Refusal> {
    let (mut term, mut chars) = (String::new(), quoted.char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                let after = quoted.get(at.saturating_add(1)..).unwrap_or_default();
                if term.is_empty() {
                    return Err(refuse("a phrase is empty"));
                }
                return Ok((term, after));
            }
            '\\' => match chars.next() {
                Some((_, escaped @ ('"' | '\\'))) => term.push(escaped),
                _ => {
                    return Err(refuse(
                        "a backslash stands before neither a quote nor a backslash",
                    ));
                }
            },
            c => term.push(c),
        }
    }
    Err(refuse("a phrase does not end"))
}

/// A term without quotes: letters, digits and underscores only.
fn word(text: &str) -> Result<(String, &str), Refusal> {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (term, after) = text.split_at(end);
    if term.is_empty() || !term.chars().all(|c| c.is_alphanumeric() || c == '_') {
        return Err(refuse(
            "a term with other characters than letters, digits and _ must be in double quotes",
        ));
    }
    Ok((term.to_owned(), after))
}

fn refuse(why: &str) -> Refusal {
    Service::Logs.invalid(format!("Invalid filter pattern: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_and_phrases_select_messages() {
        for (pattern, message, passes) in [
            ("", "anything", true),
            ("timeout", "i/o timeout", true),
            ("timeout", "i/o Timeout", false),
            ("time", "i/o timeout", true),
            ("upstream timeout", "timeout of the upstream", true),
            (r#""upstream timeout""#, "timeout of the upstream", false),
            (r#""upstream timeout" 500"#, "upstream timeout 500", true),
            (r#""a \"b\" \\ c""#, r#"a "b" \ c"#, true),
            ("timeout -retry", "timeout, retry", false),
            ("?warn ?fatal", "fatal", true),
            ("?warn ?fatal", "info", false),
            ("timeout ?fatal", "timeout info", true),
            (r#"-"x y""#, "x", true),
            ("%[Tt]ime\\s?out%", "a Time out", true),
            (" %^time% ", "i/o timeout", false),
        ] {
            let read = Pattern::read(pattern).unwrap();
            assert_eq!(read.passes(message), passes, "{pattern} on {message}");
        }
    }

    #[test]
    fn what_is_not_served_is_refused() {
        for pattern in [
            "{ $.level = \"error\" }",
            "[ip, status]",
            "%time(out)?%",
            "%time% out",
            "out %time%",
            "a-b",
            "\"open",
            "\"\"",
            "-",
            r#""a\n""#,
        ] {
            assert!(Pattern::read(pattern).is_err(), "{pattern}");
        }
    }
}
