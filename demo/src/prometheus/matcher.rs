//! Owns selectors and matchers: which series are meant. It knows labels, not how they were written in a query.

use regex::Regex;

use super::series::Labels;

/// Memory a compiled pattern may take.
const MAX_PATTERN_BYTES: usize = 1 << 20;

/// Which series are meant: all matchers must hold; the metric's name is a matcher too.
#[derive(Debug, Clone)]
pub(crate) struct Selector {
    pub(crate) matchers: Vec<Matcher>,
}

impl Selector {
    /// Whether a series with these labels is meant.
    pub(crate) fn selects(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| {
            matcher
                .test
                .passes(labels.get(&matcher.label).map_or("", String::as_str))
        })
    }
}

/// A condition on one label; a missing label counts as empty.
#[derive(Debug, Clone)]
pub(crate) struct Matcher {
    pub(crate) label: String,
    pub(crate) test: Test,
}

/// The condition.
#[derive(Debug, Clone)]
pub(crate) enum Test {
    Equal(String),
    NotEqual(String),
    Matches(Regex),
    NotMatches(Regex),
}

impl Test {
    /// Whether a label's value passes.
    pub(crate) fn passes(&self, value: &str) -> bool {
        match self {
            Test::Equal(wanted) => value == wanted,
            Test::NotEqual(unwanted) => value != unwanted,
            Test::Matches(regex) => regex.is_match(value),
            Test::NotMatches(regex) => !regex.is_match(value),
        }
    }
}

/// A pattern as Prometheus compiles it: anchored at both ends, the dot matching line ends too; `None` when it is
/// no regular expression.
pub(crate) fn anchored(pattern: &str) -> Option<Regex> {
    regex::RegexBuilder::new(&format!("^(?s:{pattern})$"))
        .size_limit(MAX_PATTERN_BYTES)
        .build()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_anchored() {
        let test = Test::Matches(anchored("b|c").unwrap());
        assert!(test.passes("b") && test.passes("c") && !test.passes("bc") && !test.passes(""));
        assert!(anchored("(").is_none());
    }

    #[test]
    fn a_missing_label_counts_as_empty() {
        let labels = Labels::from([("a".to_owned(), "1".to_owned())]);
        let selects = |label: &str, test| {
            Selector {
                matchers: vec![Matcher {
                    label: label.into(),
                    test,
                }],
            }
            .selects(&labels)
        };
        assert!(selects("b", Test::Equal(String::new())));
        assert!(selects("b", Test::NotEqual("1".into())));
        assert!(!selects("a", Test::NotEqual("1".into())));
        assert!(selects("b", Test::NotMatches(anchored("x+").unwrap())));
    }
}
