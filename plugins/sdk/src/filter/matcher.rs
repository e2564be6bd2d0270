//! Owns matchers of labels as Prometheus and its kin have them (Loki, Alertmanager, Mimir), and which tests become one; refuses to
//! know what is selected.
//!
//! To all of them a label that is missing is an empty one. In the language a missing one is null, which differs from the empty text:
//! what is compared with "" stays with the host.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Test, re2, text, texts};
use crate::template::escape;
use crate::types::{CompareOp, Literal, TextOp};

/// The most values of one set: a pattern of so many alternatives is looked up, and more than that is a query of its own.
pub const MAX_VALUES: usize = 500;

/// How a label's value is compared. Patterns match the whole value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`
    Matches,
    /// `!~`
    MatchesNot,
}

/// `label="value"`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matcher {
    /// The label's name, which its remote must be able to say.
    pub label: String,
    /// How the value is compared.
    pub operator: Operator,
    /// The value, or a pattern of RE2.
    pub value: String,
}

impl Matcher {
    fn new(label: &str, operator: Operator, value: impl Into<String>) -> Self {
        Self {
            label: label.to_owned(),
            operator,
            value: value.into(),
        }
    }

    /// The label has that value.
    pub fn equal(label: &str, value: &str) -> Self {
        Self::new(label, Operator::Equal, value)
    }

    /// The label has another value, or is missing.
    pub fn unequal(label: &str, value: &str) -> Self {
        Self::new(label, Operator::NotEqual, value)
    }

    /// The label is there.
    pub fn present(label: &str) -> Self {
        Self::unequal(label, "")
    }

    /// The label is missing.
    pub fn missing(label: &str) -> Self {
        Self::equal(label, "")
    }

    /// The label has one of these values, or `negated`, none of them.
    pub fn among(label: &str, values: &[&str], negated: bool) -> Self {
        match (values, negated) {
            ([only], false) => Self::equal(label, only),
            ([only], true) => Self::unequal(label, only),
            (values, negated) => {
                let parts: Vec<String> = values.iter().map(|value| re2::quote(value)).collect();
                Self::matching(label, parts.join("|"), negated)
            }
        }
    }

    /// A regular expression matches the whole value, or `negated`, does not.
    pub fn matching(label: &str, pattern: String, negated: bool) -> Self {
        let operator = if negated {
            Operator::MatchesNot
        } else {
            Operator::Matches
        };
        Self::new(label, operator, pattern)
    }

    /// The value that the label must have, where it must have one.
    pub fn pinned(&self) -> Option<&str> {
        (self.operator == Operator::Equal && !self.value.is_empty()).then_some(self.value.as_str())
    }
}

/// As PromQL and LogQL write it, with Go's escapes.
impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operator = match self.operator {
            Operator::Equal => "=",
            Operator::NotEqual => "!=",
            Operator::Matches => "=~",
            Operator::MatchesNot => "!~",
        };
        let mut value = String::new();
        escape(&self.value, '"', &mut value);
        write!(f, "{}{operator}\"{value}\"", self.label)
    }
}

/// What a test of a label's value became: nothing that passes the test is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// All of them have to hold.
    pub matchers: Vec<Matcher>,
    /// Whether everything without the label is left out. Most remotes want one such matcher.
    pub bounding: bool,
    /// Whether nothing else passes: [`Pushed::Exact`](crate::types::Pushed::Exact), else inexact.
    pub exact: bool,
}

fn exactly(matcher: Matcher, bounding: bool) -> Option<Matched> {
    Some(Matched {
        matchers: vec![matcher],
        bounding,
        exact: true,
    })
}

/// The matchers of a test; none when there are none that leave nothing wanted out.
pub fn matched(label: &str, test: &Test<'_>) -> Option<Matched> {
    match test {
        Test::IsNull => exactly(Matcher::missing(label), false),
        Test::IsNotNull => exactly(Matcher::present(label), true),
        Test::Compare(CompareOp::Eq, literal) => {
            exactly(Matcher::equal(label, value(literal)?), true)
        }
        Test::Compare(CompareOp::Ne, literal) => {
            exactly(Matcher::unequal(label, value(literal)?), false)
        }
        Test::Compare(..) => None,
        Test::In { items, negated } => {
            let values = texts(items)?;
            if values.is_empty() || values.len() > MAX_VALUES || values.contains(&"") {
                return None;
            }
            exactly(Matcher::among(label, &values, *negated), !negated)
        }
        Test::Text {
            op,
            pattern,
            ignore_case,
            negated,
        } => matched_text(label, *op, pattern, *ignore_case, *negated),
    }
}

fn value(literal: &Literal) -> Option<&str> {
    text(literal).filter(|text| !text.is_empty())
}

/// A text operator. None of these patterns matches the empty value, so that a missing label never passes, and always passes the
/// opposite: as null does in the language.
fn matched_text(
    label: &str,
    op: TextOp,
    pattern: &str,
    ignore_case: bool,
    negated: bool,
) -> Option<Matched> {
    let mut matchers = Vec::new();
    let (pattern, exact) = match op {
        TextOp::Prefix => re2::text(pattern, ignore_case, false, true)?,
        TextOp::Suffix => re2::text(pattern, ignore_case, true, false)?,
        TextOp::Contains => re2::text(pattern, ignore_case, true, true)?,
        // A whole word is more than an occurrence.
        TextOp::Has => (re2::text(pattern, ignore_case, true, true)?.0, false),
        // A pattern may match the empty value: then its opposite leaves out what the language keeps.
        TextOp::Regex if negated => return None,
        TextOp::Regex => {
            matchers.push(Matcher::present(label));
            (re2::anywhere(pattern, ignore_case)?, true)
        }
    };
    // The opposite of more is less.
    if negated && !exact {
        return None;
    }
    matchers.push(Matcher::matching(label, pattern, negated));
    Some(Matched {
        matchers,
        bounding: !negated,
        exact,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(test: &Test<'_>) -> Option<String> {
        let matched = matched("a", test)?;
        let all: Vec<String> = matched.matchers.iter().map(ToString::to_string).collect();
        let word = |is, word| if is { word } else { "" };
        let (bounding, exact) = (
            word(matched.bounding, " bounding"),
            word(matched.exact, " exact"),
        );
        Some(format!("{}{bounding}{exact}", all.join(",")))
    }

    #[test]
    fn tests_become_matchers() {
        let (x, empty) = (Literal::Utf8("x\"1".into()), Literal::Utf8(String::new()));
        let set = |items: &[&'static Literal], negated| Test::In {
            items: items.to_vec(),
            negated,
        };
        let of = |op, pattern, ignore_case, negated| Test::Text {
            op,
            pattern,
            ignore_case,
            negated,
        };
        for (test, expected) in [
            (
                Test::Compare(CompareOp::Eq, &x),
                Some(r#"a="x\"1" bounding exact"#),
            ),
            (Test::Compare(CompareOp::Ne, &x), Some(r#"a!="x\"1" exact"#)),
            (Test::Compare(CompareOp::Lt, &x), None),
            (Test::Compare(CompareOp::Eq, &empty), None),
            (Test::IsNull, Some(r#"a="" exact"#)),
            (Test::IsNotNull, Some(r#"a!="" bounding exact"#)),
            (set(&[], false), None),
            (
                of(TextOp::Has, "b", false, false),
                Some(r#"a=~"(?s:.*)b(?s:.*)" bounding"#),
            ),
            (of(TextOp::Has, "b", false, true), None),
            (
                of(TextOp::Regex, "b+", true, false),
                Some(r#"a!="",a=~"(?s:.*)(?i-s:b+)(?s:.*)" bounding exact"#),
            ),
            (of(TextOp::Regex, "b+", false, true), None),
            (
                of(TextOp::Suffix, "b", true, true),
                Some(r#"a!~"(?s:.*)[bB]" exact"#),
            ),
        ] {
            assert_eq!(told(&test).as_deref(), expected, "{test:?}");
        }
    }
}
