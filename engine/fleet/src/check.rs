//! Reading a YAML tree with several problems at once: each reader notes what is wrong and goes on.

use crate::error::{Position, Problem};
use crate::yaml::{Key, Node, Value};

/// More problems than this are one mistake repeated, and scroll the first out of sight.
const MAX_PROBLEMS: usize = 20;

/// A name further away than this share of its length is no likely typing error.
const SIMILAR: f64 = 0.75;

/// What was found wrong so far.
#[derive(Debug, Default)]
pub(crate) struct Check {
    problems: Vec<Problem>,
}

impl Check {
    pub(crate) fn problem(&mut self, at: Position, message: impl Into<String>) {
        self.problem_with_hint(at, message, None);
    }

    pub(crate) fn problem_with_hint(
        &mut self,
        at: Position,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        self.problems.push(Problem {
            at,
            message: message.into(),
            hint,
        });
    }

    /// The problems in the order of the file, or nothing.
    pub(crate) fn finish(mut self) -> Vec<Problem> {
        self.problems.sort_by_key(|problem| problem.at);
        let more = self.problems.len().saturating_sub(MAX_PROBLEMS);
        self.problems.truncate(MAX_PROBLEMS);
        if more > 0
            && let Some(last) = self.problems.last_mut()
        {
            last.message
                .push_str(&format!(" … and {more} more problems"));
        }
        self.problems
    }

    /// The entries of a mapping; nothing counts as an empty one.
    pub(crate) fn map<'a>(&mut self, node: &'a Node, what: &str) -> &'a [(Key, Node)] {
        match &node.value {
            Value::Map(entries) => entries,
            Value::Null => &[],
            _ => {
                self.problem(
                    node.at,
                    format!(
                        "{what}: expected a mapping (`key: value`), found {}",
                        node.kind()
                    ),
                );
                &[]
            }
        }
    }

    /// The items of a list.
    pub(crate) fn list<'a>(&mut self, node: &'a Node, what: &str) -> &'a [Node] {
        match &node.value {
            Value::List(items) => items,
            _ => {
                self.problem(
                    node.at,
                    format!("{what}: expected a list (`- item`), found {}", node.kind()),
                );
                &[]
            }
        }
    }

    /// Text, or a scalar that is meant as text: an account number, a tag's `true`.
    pub(crate) fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        let text = match (&node.value, &node.written) {
            (Value::Text(text), _) => Some(text.clone()),
            (Value::Bool(_) | Value::Number(_), Some(written)) => Some(written.clone()),
            _ => None,
        };
        match text {
            Some(text) if text.is_empty() || text.chars().any(char::is_control) => {
                self.problem(
                    node.at,
                    format!("{what}: expected text without control characters, found empty or unprintable text"),
                );
                None
            }
            Some(text) => Some(text),
            None => {
                self.problem(
                    node.at,
                    format!("{what}: expected text, found {}", node.kind()),
                );
                None
            }
        }
    }

    /// One text, or a list of them.
    pub(crate) fn texts(&mut self, node: &Node, what: &str) -> Vec<(Position, String)> {
        match &node.value {
            Value::List(items) => items
                .iter()
                .filter_map(|item| Some((item.at, self.text(item, what)?)))
                .collect(),
            _ => self
                .text(node, what)
                .into_iter()
                .map(|text| (node.at, text))
                .collect(),
        }
    }

    /// A whole number from 1.
    pub(crate) fn positive(&mut self, node: &Node, what: &str) -> Option<u64> {
        let number = match &node.value {
            Value::Number(number) => number.as_u64().filter(|number| *number > 0),
            _ => None,
        };
        if number.is_none() {
            self.problem(
                node.at,
                format!(
                    "{what}: expected a whole number above 0, found {}",
                    node.kind()
                ),
            );
        }
        number
    }

    /// An unknown key, with what is known and the nearest of it.
    pub(crate) fn unknown_key(&mut self, key: &Key, what: &str, known: &[&str], more: &str) {
        let hint =
            nearest(&key.name, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        self.problem_with_hint(
            key.at,
            format!(
                "unknown key `{}` in {what}: expected {}{more}",
                printable(&key.name),
                known.join(", ")
            ),
            hint,
        );
    }
}

/// The candidate that a typing error is most likely to have meant.
pub(crate) fn nearest<'a>(
    name: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let lower = name.to_lowercase();
    candidates
        .map(|candidate| {
            (
                strsim::jaro_winkler(&lower, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(similarity, _)| *similarity >= SIMILAR)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate)
}

/// A name for a message: cut, and without control characters.
pub(crate) fn printable(name: &str) -> String {
    const SHOWN_CHARACTERS: usize = 80;
    let mut shown: String = name
        .chars()
        .take(SHOWN_CHARACTERS)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if name.chars().nth(SHOWN_CHARACTERS).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_a_typing_error_away() {
        let known = [
            "name",
            "region",
            "environment",
            "kube_context",
            "prometheus",
        ];
        for (typed, meant) in [
            ("kube_contxt", Some("kube_context")),
            ("Region", Some("region")),
            ("promethues", Some("prometheus")),
            ("zzz", None),
        ] {
            assert_eq!(nearest(typed, known.iter().copied()), meant, "{typed}");
        }
    }
}
