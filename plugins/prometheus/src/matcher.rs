//! Owns matchers and selectors of PromQL, and how they are written; refuses to decide which filters become one.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::promql::{escape, is_metric_name};
use crate::regex;
use crate::time::NAME_LABEL;

/// How a label's value is compared. To Prometheus a label that is missing is an empty one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Matches,
    MatchesNot,
}

/// `label="value"`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Matcher {
    label: String,
    operator: Operator,
    value: String,
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
    pub(crate) fn equal(label: &str, value: &str) -> Self {
        Self::new(label, Operator::Equal, value)
    }

    /// The label has another value, or is missing.
    pub(crate) fn unequal(label: &str, value: &str) -> Self {
        Self::new(label, Operator::NotEqual, value)
    }

    /// The label is there.
    pub(crate) fn present(label: &str) -> Self {
        Self::unequal(label, "")
    }

    /// The label is missing.
    pub(crate) fn missing(label: &str) -> Self {
        Self::equal(label, "")
    }

    /// The label has one of these values, or `negated`, none of them.
    pub(crate) fn among(label: &str, values: &[&str], negated: bool) -> Self {
        match (values, negated) {
            ([only], false) => Self::equal(label, only),
            ([only], true) => Self::unequal(label, only),
            (values, negated) => {
                let parts: Vec<String> = values.iter().map(|value| regex::quote(value)).collect();
                Self::matching(label, parts.join("|"), negated)
            }
        }
    }

    /// A regular expression matches the whole value, or `negated`, does not.
    pub(crate) fn matching(label: &str, pattern: String, negated: bool) -> Self {
        let operator = if negated {
            Operator::MatchesNot
        } else {
            Operator::Matches
        };
        Self::new(label, operator, pattern)
    }

    /// The value that the label must have, where it must have one.
    fn pinned(&self) -> Option<&str> {
        (self.operator == Operator::Equal && !self.value.is_empty()).then_some(self.value.as_str())
    }
}

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

/// Matchers that all have to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Selector {
    matchers: Vec<Matcher>,
    /// Whether one of them leaves out series that lack its label.
    bounded: bool,
}

impl Selector {
    /// Adds a matcher that series without the label may pass.
    pub(crate) fn add(&mut self, matcher: Matcher) {
        if !self.matchers.contains(&matcher) {
            self.matchers.push(matcher);
        }
    }

    /// Adds a matcher that no series without the label passes.
    pub(crate) fn add_bounding(&mut self, matcher: Matcher) {
        self.bounded = true;
        self.add(matcher);
    }

    /// Whether Prometheus takes it: one matcher must not match the empty value.
    pub(crate) fn is_bounded(&self) -> bool {
        self.bounded
    }

    /// The metric's name, where there is only one.
    pub(crate) fn metric(&self) -> Option<&str> {
        let mut of_name = self.matchers.iter().filter(|it| it.label == NAME_LABEL);
        match (of_name.next(), of_name.next()) {
            (Some(only), None) => only.pinned(),
            _ => None,
        }
    }
}

/// `up{job="x"}`
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let metric = self.metric().filter(|name| is_metric_name(name));
        f.write_str(metric.unwrap_or_default())?;
        let rest: Vec<String> = self
            .matchers
            .iter()
            .filter(|it| metric.is_none() || it.label != NAME_LABEL)
            .map(ToString::to_string)
            .collect();
        if rest.is_empty() && metric.is_some() {
            return Ok(());
        }
        write!(f, "{{{}}}", rest.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_written_as_people_write_them() {
        let of = |matchers: &[Matcher]| {
            let mut selector = Selector::default();
            for matcher in matchers {
                selector.add(matcher.clone());
            }
            selector.to_string()
        };
        let name = |name| Matcher::equal(NAME_LABEL, name);
        for (matchers, text) in [
            (vec![name("up")], "up"),
            (
                vec![Matcher::unequal("a", "x\"\\\n"), name("up")],
                r#"up{a!="x\"\\\n"}"#,
            ),
            (
                vec![name("a.b"), Matcher::present("c")],
                r#"{__name__="a.b",c!=""}"#,
            ),
            (
                vec![name("a"), Matcher::unequal(NAME_LABEL, "b")],
                r#"{__name__="a",__name__!="b"}"#,
            ),
            (
                vec![Matcher::among("a", &["x.y", "z|"], true)],
                r#"{a!~"x\\.y|z\\|"}"#,
            ),
            (
                vec![Matcher::missing("a"), Matcher::missing("a")],
                r#"{a=""}"#,
            ),
        ] {
            assert_eq!(of(&matchers), text);
        }
    }
}
