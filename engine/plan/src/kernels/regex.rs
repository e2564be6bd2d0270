//! Regular expressions on text: their dialect and size, replacing and extracting. A pattern from a column that is none gives null.

use std::sync::Arc;

use arrow::array::{ArrayRef, ListBuilder, StringArray, StringBuilder};
use arrow::datatypes::DataType;
use datafusion_common::Result;
use regex::Regex;

use super::Kernel;
use super::cache::Cache;
use super::rows::texts;
use crate::types::Type;

/// Bytes that a compiled regular expression may take: far above any sane pattern, far below harm.
const REGEX_SIZE_LIMIT_BYTES: usize = 1 << 20;

/// A regular expression in the language's dialect (RE2's: no look-around, no back-references, linear time).
///
/// # Errors
/// The engine's message when the pattern is not one or compiles to more than 1 MiB.
pub fn compile(pattern: &str) -> std::result::Result<Regex, regex::Error> {
    regex::RegexBuilder::new(pattern)
        .size_limit(REGEX_SIZE_LIMIT_BYTES)
        .build()
}

/// The compiled pattern, `None` when it is not one.
fn compiled(pattern: &str) -> Option<Regex> {
    compile(pattern).ok()
}

/// `replace_regex(text, regex, to)`: every match.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReplaceRegex;

impl Kernel for ReplaceRegex {
    fn name(&self) -> &str {
        "replace_regex"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let (text, pattern, to) = (
            texts(arguments, 0)?,
            texts(arguments, 1)?,
            texts(arguments, 2)?,
        );
        let mut patterns = Cache::new();
        let results = text
            .iter()
            .zip(pattern)
            .zip(to)
            .map(|((text, pattern), to)| {
                let (text, to) = (text?, to?);
                let regex = patterns.get(pattern?, compiled).as_ref()?;
                Some(regex.replace_all(text, to))
            });
        Ok(Arc::new(results.collect::<StringArray>()))
    }
}

/// `extract(regex, group, text)`: a group of the first match.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Extract {
    /// Which group; 0 is the whole match.
    pub group: usize,
}

impl Kernel for Extract {
    fn name(&self) -> &str {
        "extract"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let (pattern, text) = (texts(arguments, 0)?, texts(arguments, 1)?);
        let mut patterns = Cache::new();
        let results = pattern.iter().zip(text).map(|(pattern, text)| {
            let text = text?;
            let regex = patterns.get(pattern?, compiled).as_ref()?;
            if self.group == 0 {
                return Some(regex.find(text)?.as_str());
            }
            Some(regex.captures(text)?.get(self.group)?.as_str())
        });
        Ok(Arc::new(results.collect::<StringArray>()))
    }
}

/// `extract_all(regex, text)`: of every match the first group, or the whole where the pattern has no group.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ExtractAll;

impl Kernel for ExtractAll {
    fn name(&self) -> &str {
        "extract_all"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(Type::List(Box::new(Type::String)).arrow())
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let (pattern, text) = (texts(arguments, 0)?, texts(arguments, 1)?);
        let mut patterns = Cache::new();
        let mut lists = ListBuilder::new(StringBuilder::new());
        for (pattern, text) in pattern.iter().zip(text) {
            let regex = pattern.and_then(|pattern| patterns.get(pattern, compiled).as_ref());
            let (Some(regex), Some(text)) = (regex, text) else {
                lists.append_null();
                continue;
            };
            // The whole match is a group too.
            if regex.captures_len() > 1 {
                for captures in regex.captures_iter(text) {
                    let group = captures.get(1).map(|group| group.as_str());
                    lists.values().append_option(group);
                }
            } else {
                for found in regex.find_iter(text) {
                    lists.values().append_value(found.as_str());
                }
            }
            lists.append(true);
        }
        Ok(Arc::new(lists.finish()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Array, AsArray};

    fn column(of: &[Option<&str>]) -> ArrayRef {
        Arc::new(StringArray::from(of.to_vec()))
    }

    fn results(array: &ArrayRef) -> Vec<Option<&str>> {
        array.as_string::<i32>().iter().collect()
    }

    #[test]
    fn computed_patterns_that_are_none_are_null() {
        let text = column(&[Some("a1"), Some("a1"), None, Some("a1")]);
        let pattern = column(&[Some("[0-9]"), Some("["), Some("a"), None]);
        let to = column(&[Some("<$0>"); 4]);
        let replaced = ReplaceRegex
            .call(&[Arc::clone(&text), Arc::clone(&pattern), to])
            .unwrap();
        assert_eq!(results(&replaced), [Some("a<1>"), None, None, None]);
        let first = Extract { group: 0 }
            .call(&[Arc::clone(&pattern), Arc::clone(&text)])
            .unwrap();
        assert_eq!(results(&first), [Some("1"), None, None, None]);
        let all = ExtractAll.call(&[pattern, text]).unwrap();
        assert_eq!(all.null_count(), 3);
    }

    #[test]
    fn groups_that_take_no_part_are_null() {
        let pattern = column(&[Some("(a)|b"); 2]).slice(1, 1);
        let text = column(&[Some("-"), Some("ab")]).slice(1, 1);
        let all = ExtractAll
            .call(&[Arc::clone(&pattern), Arc::clone(&text)])
            .unwrap();
        let items = all.as_list::<i32>().value(0);
        assert_eq!(results(&items), [Some("a"), None]);
        let none = Extract { group: 7 }.call(&[pattern, text]).unwrap();
        assert_eq!(results(&none), [None]);
    }

    #[test]
    fn patterns_are_bounded() {
        assert!(compile("(a{1000}){1000}").is_err());
    }
}
