//! Owns selectors of PromQL and how they are written; refuses to decide which filters become one.

use std::fmt;

use serde::{Deserialize, Serialize};
pub(crate) use trawl_sdk::filter::matcher::Matcher;

use crate::promql::is_metric_name;
use crate::time::NAME_LABEL;

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
