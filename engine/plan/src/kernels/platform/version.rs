//! `parse_version(text)`: the parts of a version as Kubernetes and its neighbours write them, and a key that sorts as versions do.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray, StructArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Fields};
use datafusion_common::Result;

use crate::kernels::Kernel;
use crate::kernels::rows::texts;
use crate::types::Type;

/// Digits to which numbers are filled up in the key: those of any version number that was ever given.
const KEY_DIGITS: usize = 10;

/// `parse_version(text)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ParseVersion;

impl ParseVersion {
    /// The type of its result.
    pub fn ty() -> Type {
        let numbers = ["major", "minor", "patch"].map(|name| (name.to_owned(), Type::Long));
        let texts = ["prerelease", "build", "key"].map(|name| (name.to_owned(), Type::String));
        Type::Struct(numbers.into_iter().chain(texts).collect())
    }
}

impl Kernel for ParseVersion {
    fn name(&self) -> &str {
        "parse_version"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(Self::ty().arrow())
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let versions: Vec<Option<Version<'_>>> = texts(arguments, 0)?
            .iter()
            .map(|text| Version::parse(text?))
            .collect();
        let number = |part: fn(&Version<'_>) -> i64| -> ArrayRef {
            let parts = versions.iter().map(|version| version.as_ref().map(part));
            Arc::new(parts.collect::<Int64Array>())
        };
        let text = |part: fn(&Version<'_>) -> Option<String>| -> ArrayRef {
            let parts = versions.iter().map(|version| part(version.as_ref()?));
            Arc::new(parts.collect::<StringArray>())
        };
        let columns = vec![
            number(|version| version.numbers[0]),
            number(|version| version.numbers[1]),
            number(|version| version.numbers[2]),
            text(|version| version.prerelease.map(str::to_owned)),
            text(|version| version.build.map(str::to_owned)),
            text(|version| Some(version.key())),
        ];
        let known: NullBuffer = versions.iter().map(Option::is_some).collect();
        let fields = match Self::ty().arrow() {
            DataType::Struct(fields) => fields,
            _ => Fields::empty(),
        };
        Ok(Arc::new(StructArray::try_new(
            fields,
            columns,
            Some(known),
        )?))
    }
}

#[derive(Debug, PartialEq)]
struct Version<'a> {
    numbers: [i64; 3],
    prerelease: Option<&'a str>,
    build: Option<&'a str>,
}

impl<'a> Version<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (text, build) = match text.split_once('+') {
            Some((text, build)) => (text, Some(build)),
            None => (text, None),
        };
        // Providers write `29+` for a minor version that they changed: there is a `+`, but nothing after it.
        let build = build.filter(|build| !build.is_empty());
        let (text, prerelease) = match text.split_once('-') {
            Some((text, prerelease)) => (text, Some(prerelease)),
            None => (text, None),
        };
        let suffixes = [prerelease, build];
        if !suffixes.into_iter().flatten().all(is_identifiers) {
            return None;
        }
        let mut numbers = [0; 3];
        let mut places = numbers.iter_mut();
        for part in text.split('.') {
            *places.next()? = number(part)?;
        }
        Some(Self {
            numbers,
            prerelease,
            build,
        })
    }

    fn key(&self) -> String {
        let [major, minor, patch] = self.numbers;
        let mut key = format!("{major:0KEY_DIGITS$}.{minor:0KEY_DIGITS$}.{patch:0KEY_DIGITS$}");
        let Some(prerelease) = self.prerelease else {
            // After every `-`: a release is later than what came before it.
            key.push('~');
            return key;
        };
        for (position, identifier) in prerelease.split('.').enumerate() {
            key.push(if position == 0 { '-' } else { '.' });
            if identifier.bytes().all(|byte| byte.is_ascii_digit()) {
                key.push_str(&format!("{identifier:0>KEY_DIGITS$}"));
            } else {
                key.push_str(identifier);
            }
        }
        key
    }
}

/// Digits alone: no sign, no white space.
fn number(text: &str) -> Option<i64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().ok()
    } else {
        None
    }
}

/// Letters, digits and `-` between dots, nothing empty.
fn is_identifiers(text: &str) -> bool {
    text.split('.').all(|identifier| {
        !identifier.is_empty()
            && identifier
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_as_platforms_write_them() {
        for (text, expected) in [
            ("1.2.3", Some(([1, 2, 3], None, None))),
            ("v1.29.3-eks-a5b", Some(([1, 29, 3], Some("eks-a5b"), None))),
            ("v1.30.2+k3s1", Some(([1, 30, 2], None, Some("k3s1")))),
            (
                "1.29.3-rc.1+b.2-x",
                Some(([1, 29, 3], Some("rc.1"), Some("b.2-x"))),
            ),
            ("29+", Some(([29, 0, 0], None, None))),
            ("1.29+", Some(([1, 29, 0], None, None))),
            ("v1", Some(([1, 0, 0], None, None))),
            ("", None),
            ("v", None),
            ("1.", None),
            ("1.2.3.4", None),
            ("1.2.x", None),
            ("1.2-", None),
            ("1.2-a..b", None),
            ("1.2-é", None),
            (" 1.2", None),
            ("+1", None),
            ("99999999999999999999.0.0", None),
        ] {
            let version = Version::parse(text).map(|v| (v.numbers, v.prerelease, v.build));
            assert_eq!(version, expected, "{text}");
        }
    }

    #[test]
    fn keys_sort_as_versions_do() {
        let sorted = [
            "0.9",
            "1.2.0-alpha.2",
            "1.2.0-alpha.10",
            "1.2.0-beta",
            "1.2.0",
            "1.10.0-rc.1",
            "1.10",
        ];
        let keys: Vec<String> = sorted
            .iter()
            .map(|text| Version::parse(text).unwrap().key())
            .collect();
        assert!(keys.is_sorted(), "{keys:?}");
        assert_eq!(keys[4], "0000000001.0000000002.0000000000~");
        assert_eq!(keys[1], "0000000001.0000000002.0000000000-alpha.0000000002");
    }
}
