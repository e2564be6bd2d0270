//! Functions of text that DataFusion lacks or does differently. Positions and lengths count characters, not bytes.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int64Array, ListBuilder, StringArray, StringBuilder};
use arrow::datatypes::DataType;
use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use datafusion_common::Result;

use super::Kernel;
use super::rows::{longs, texts};
use crate::types::Type;

/// `substring(text, start, length)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Substring;

impl Kernel for Substring {
    fn name(&self) -> &str {
        "substring"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let (text, start, length) = (
            texts(arguments, 0)?,
            longs(arguments, 1)?,
            longs(arguments, 2)?,
        );
        let parts = text.iter().zip(start).zip(length);
        let results = parts.map(|((text, start), length)| Some(substring(text?, start?, length?)));
        Ok(Arc::new(results.collect::<StringArray>()))
    }
}

fn substring(text: &str, start: i64, length: i64) -> &str {
    let start = if start < 0 {
        let characters = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
        characters.saturating_add(start).max(0)
    } else {
        start
    };
    let rest = characters_from(text, start).unwrap_or("");
    match usize::try_from(length) {
        Ok(length) => match rest.char_indices().nth(length) {
            Some((end, _)) => rest.get(..end).unwrap_or(rest),
            None => rest,
        },
        Err(_) => "",
    }
}

/// The text from a character on; `None` when it has fewer. The position after the last one is the empty rest.
fn characters_from(text: &str, position: i64) -> Option<&str> {
    let position = usize::try_from(position).ok()?;
    let starts = text.char_indices().map(|(start, _)| start);
    let start = starts.chain([text.len()]).nth(position)?;
    text.get(start..)
}

/// `indexof(text, part, start)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IndexOf;

impl Kernel for IndexOf {
    fn name(&self) -> &str {
        "indexof"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let (text, part, start) = (
            texts(arguments, 0)?,
            texts(arguments, 1)?,
            longs(arguments, 2)?,
        );
        let results = text.iter().zip(part).zip(start);
        let results = results.map(|((text, part), start)| {
            let found = index_of(text?, part?, start?.max(0));
            Some(found.unwrap_or(-1))
        });
        Ok(Arc::new(results.collect::<Int64Array>()))
    }
}

fn index_of(text: &str, part: &str, start: i64) -> Option<i64> {
    let rest = characters_from(text, start)?;
    let before = rest.get(..rest.find(part)?)?;
    i64::try_from(before.chars().count())
        .ok()?
        .checked_add(start)
}

/// `split(text, separator)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Split;

impl Kernel for Split {
    fn name(&self) -> &str {
        "split"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(Type::List(Box::new(Type::String)).arrow())
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let (text, separator) = (texts(arguments, 0)?, texts(arguments, 1)?);
        let mut lists = ListBuilder::new(StringBuilder::new());
        for (text, separator) in text.iter().zip(separator) {
            match (text, separator) {
                (Some(text), Some("")) => lists.values().append_value(text),
                (Some(text), Some(separator)) => {
                    for part in text.split(separator) {
                        lists.values().append_value(part);
                    }
                }
                _ => {
                    lists.append_null();
                    continue;
                }
            }
            lists.append(true);
        }
        Ok(Arc::new(lists.finish()))
    }
}

/// `trim(text)` and, with a second column, `trim(text, characters)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Trim;

impl Kernel for Trim {
    fn name(&self) -> &str {
        "trim"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let text = texts(arguments, 0)?.iter();
        if arguments.len() < 2 {
            return Ok(Arc::new(
                text.map(|text| text.map(str::trim))
                    .collect::<StringArray>(),
            ));
        }
        let results = text.zip(texts(arguments, 1)?).map(|(text, characters)| {
            let (text, characters) = (text?, characters?);
            Some(text.trim_matches(|c| characters.contains(c)))
        });
        Ok(Arc::new(results.collect::<StringArray>()))
    }
}

/// `replace(text, from, to)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Replace;

impl Kernel for Replace {
    fn name(&self) -> &str {
        "replace"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let (text, from, to) = (
            texts(arguments, 0)?,
            texts(arguments, 1)?,
            texts(arguments, 2)?,
        );
        let results = text.iter().zip(from).zip(to).map(|((text, from), to)| {
            let (text, from, to) = (text?, from?, to?);
            Some(match from {
                "" => Cow::Borrowed(text),
                from => Cow::Owned(text.replace(from, to)),
            })
        });
        Ok(Arc::new(results.collect::<StringArray>()))
    }
}

/// `iequals(a, b)`: two-valued, as `==` is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EqualIgnoringCase;

impl Kernel for EqualIgnoringCase {
    fn name(&self) -> &str {
        "iequals"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let (left, right) = (texts(arguments, 0)?, texts(arguments, 1)?);
        let results = left.iter().zip(right).map(|(left, right)| {
            Some(match (left, right) {
                (None, None) => true,
                (Some(left), Some(right)) => {
                    left == right || left.to_lowercase() == right.to_lowercase()
                }
                _ => false,
            })
        });
        Ok(Arc::new(results.collect::<BooleanArray>()))
    }
}

/// The standard alphabet; `=` at the end may be there or not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// `base64_decode(text)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DecodeBase64;

impl Kernel for DecodeBase64 {
    fn name(&self) -> &str {
        "base64_decode"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let results = texts(arguments, 0)?.iter().map(|text| {
            let bytes = BASE64.decode(text?.trim()).ok()?;
            String::from_utf8(bytes).ok()
        });
        Ok(Arc::new(results.collect::<StringArray>()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Array, AsArray};

    #[test]
    fn substrings_count_characters() {
        for (start, length, expected) in [
            (0, 2, "né"),
            (1, 1, "é"),
            (-2, i64::MAX, "言x"),
            (-99, 1, "n"),
            (4, 1, ""),
            (i64::MIN, i64::MAX, "né言x"),
            (i64::MAX, i64::MAX, ""),
            (1, 0, ""),
            (1, -1, ""),
        ] {
            assert_eq!(substring("né言x", start, length), expected, "{start}");
        }
    }

    #[test]
    fn positions_count_characters() {
        for (text, part, start, expected) in [
            ("né言é", "é", 0, Some(1)),
            ("né言é", "é", 2, Some(3)),
            ("né言é", "é", 4, None),
            ("né言é", "", 4, Some(4)),
            ("né言é", "", 5, None),
            ("", "", 0, Some(0)),
            ("abc", "cb", 0, None),
            ("abc", "a", i64::MAX, None),
        ] {
            assert_eq!(
                index_of(text, part, start),
                expected,
                "{text} {part} {start}"
            );
        }
    }

    #[test]
    fn nulls_stay_null_and_slices_are_seen() {
        let text: ArrayRef = Arc::new(StringArray::from(vec![
            Some("-"),
            Some("a,b"),
            None,
            Some(""),
        ]));
        let text = text.slice(1, 3);
        let separator: ArrayRef = Arc::new(StringArray::from(vec![","; 3]));
        let lists = Split
            .call(&[Arc::clone(&text), Arc::clone(&separator)])
            .unwrap();
        let lists = lists.as_list::<i32>();
        assert_eq!(lists.value(0).len(), 2);
        assert!(lists.is_null(1));
        assert_eq!(lists.value(2).as_string::<i32>().value(0), "");
        let trimmed = Trim.call(&[Arc::clone(&text), separator]).unwrap();
        assert_eq!(trimmed.null_count(), 1);
        let equal = EqualIgnoringCase.call(&[Arc::clone(&text), text]).unwrap();
        assert!(equal.as_boolean().iter().all(|equal| equal == Some(true)));
    }

    #[test]
    fn base64_may_lack_its_padding() {
        let text: ArrayRef = Arc::new(StringArray::from(vec![
            "aGk=", " aGk\n", "aG k=", "_w==", "/w==", "", "a",
        ]));
        let decoded = DecodeBase64.call(&[text]).unwrap();
        assert_eq!(
            decoded.as_string::<i32>().iter().collect::<Vec<_>>(),
            [Some("hi"), Some("hi"), None, None, None, Some(""), None]
        );
    }
}
