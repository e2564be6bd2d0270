//! The word operators on text: `has`, `contains`, `startswith`, `endswith`, `matches regex`. Two-valued: null never matches.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray};
use arrow::datatypes::DataType;
use datafusion_common::Result;
use trawl_lang::ast::TextOp;

use super::Kernel;
use super::cache::Cache;
use super::regex::compile;

/// `text op pattern`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TextMatch {
    /// Which.
    pub op: TextOp,
    /// Compare without regard to case, as the operators without `_cs` do.
    pub ignore_case: bool,
}

impl Kernel for TextMatch {
    fn name(&self) -> &str {
        match (self.op, self.ignore_case) {
            (TextOp::Has, true) => "has",
            (TextOp::Has, false) => "has_cs",
            (TextOp::Contains, true) => "contains",
            (TextOp::Contains, false) => "contains_cs",
            (TextOp::StartsWith, true) => "startswith",
            (TextOp::StartsWith, false) => "startswith_cs",
            (TextOp::EndsWith, true) => "endswith",
            (TextOp::EndsWith, false) => "endswith_cs",
            (TextOp::MatchesRegex, _) => "matches_regex",
        }
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [text, pattern] = arguments else {
            return datafusion_common::internal_err!("{} takes two arguments", self.name());
        };
        let (Some(text), Some(pattern)) =
            (text.as_string_opt::<i32>(), pattern.as_string_opt::<i32>())
        else {
            // To find out whether a filter refuses null, DataFusion calls it with nulls of no type.
            return Ok(Arc::new(BooleanArray::from(vec![false; text.len()])));
        };
        let mut prepared = Cache::new();
        let result: Vec<bool> = text
            .iter()
            .zip(pattern)
            .map(|row| match row {
                (Some(text), Some(pattern)) => prepared
                    .get(pattern, |pattern| Pattern::new(self, pattern))
                    .matches(self, text),
                _ => false,
            })
            .collect();
        Ok(Arc::new(BooleanArray::from(result)))
    }
}

enum Pattern {
    Text(String),
    Regex(regex::Regex),
    /// A regular expression from a column that is not one: it matches nothing. Literal ones were checked by the binder.
    Never,
}

impl Pattern {
    fn new(kernel: &TextMatch, pattern: &str) -> Self {
        match kernel.op {
            TextOp::MatchesRegex => compile(pattern).map_or(Self::Never, Self::Regex),
            _ if kernel.ignore_case => Self::Text(pattern.to_lowercase()),
            _ => Self::Text(pattern.to_owned()),
        }
    }

    fn matches(&self, kernel: &TextMatch, text: &str) -> bool {
        match self {
            Self::Never => false,
            Self::Regex(regex) => regex.is_match(text),
            Self::Text(pattern) if kernel.ignore_case => {
                literal_match(kernel.op, &text.to_lowercase(), pattern)
            }
            Self::Text(pattern) => literal_match(kernel.op, text, pattern),
        }
    }
}

fn literal_match(op: TextOp, text: &str, pattern: &str) -> bool {
    match op {
        TextOp::Contains => text.contains(pattern),
        TextOp::StartsWith => text.starts_with(pattern),
        TextOp::EndsWith => text.ends_with(pattern),
        TextOp::Has => has_term(text, pattern),
        TextOp::MatchesRegex => false,
    }
}

/// Whether the pattern stands in the text with no letter or digit touching its ends, as KQL's `has` asks.
fn has_term(text: &str, pattern: &str) -> bool {
    if pattern.is_empty() {
        return true;
    }
    text.match_indices(pattern).any(|(at, found)| {
        let before = text.get(..at).and_then(|s| s.chars().next_back());
        let after = text.get(at + found.len()..).and_then(|s| s.chars().next());
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Array, StringArray};

    fn matches(op: TextOp, ignore_case: bool, text: &str, pattern: &str) -> bool {
        let text: ArrayRef = Arc::new(StringArray::from(vec![text]));
        let pattern: ArrayRef = Arc::new(StringArray::from(vec![pattern]));
        TextMatch { op, ignore_case }
            .call(&[text, pattern])
            .unwrap()
            .as_boolean()
            .value(0)
    }

    #[test]
    fn has_finds_whole_terms() {
        assert!(matches(
            TextOp::Has,
            true,
            "Back-off restarting failed container",
            "RESTARTING"
        ));
        assert!(!matches(TextOp::Has, true, "restarted", "restart"));
        assert!(matches(TextOp::Has, false, "a/b-c", "b-c"));
        assert!(!matches(TextOp::Has, false, "Abc", "abc"));
    }

    #[test]
    fn null_matches_nothing() {
        let text: ArrayRef = Arc::new(StringArray::from(vec![None::<&str>]));
        let pattern: ArrayRef = Arc::new(StringArray::from(vec!["x"]));
        let result = TextMatch {
            op: TextOp::Contains,
            ignore_case: true,
        }
        .call(&[text, pattern])
        .unwrap();
        assert_eq!(result.null_count(), 0);
        assert!(!result.as_boolean().value(0));
    }

    #[test]
    fn regex_is_a_search() {
        assert!(matches(TextOp::MatchesRegex, false, "prod-ap", "^prod-"));
        assert!(!matches(TextOp::MatchesRegex, false, "xprod-ap", "^prod-"));
    }
}
