//! `label_match(labels, selector)`: label selectors as kubectl takes them, parsed once and tested on maps and JSON objects.
//!
//! Grammar and meaning are those of <https://pkg.go.dev/k8s.io/apimachinery/pkg/labels>.

use std::str::FromStr;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, MapArray};
use arrow::datatypes::DataType;
use datafusion_common::Result;
use serde_json::{Map, Value as Json};

use crate::kernels::{Kernel, rows};

/// Most characters of a label's value, and of its key after the `/`.
const MAX_NAME_BYTES: usize = 63;
/// Most characters of a key's prefix, a DNS name.
const MAX_PREFIX_BYTES: usize = 253;

/// `label_match(labels, selector)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LabelMatch {
    /// What the labels must be.
    pub selector: Selector,
}

impl Kernel for LabelMatch {
    fn name(&self) -> &str {
        "label_match"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [labels] = arguments else {
            return rows::wrong(self.name(), arguments);
        };
        if labels.data_type() == &DataType::Utf8 {
            let documents = rows::texts(arguments, 0)?.iter();
            let matched = documents.map(|text| Some(self.in_document(text)));
            return Ok(Arc::new(matched.collect::<BooleanArray>()));
        }
        let Some(maps) = labels.as_any().downcast_ref::<MapArray>() else {
            return rows::wrong(self.name(), arguments);
        };
        let matched = (0..maps.len()).map(|row| Some(self.in_map(maps, row)));
        Ok(Arc::new(matched.collect::<BooleanArray>()))
    }
}

impl LabelMatch {
    /// Labels that are no object are no labels.
    fn in_document(&self, text: Option<&str>) -> bool {
        let object: Map<String, Json> = text
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        self.selector.matches(|key| {
            Some(match object.get(key)? {
                Json::Null => return None,
                Json::String(value) => value.clone(),
                other => other.to_string(),
            })
        })
    }

    fn in_map(&self, maps: &MapArray, row: usize) -> bool {
        if maps.is_null(row) {
            return self.selector.matches(|_| None);
        }
        let entries = maps.value(row);
        let [keys, values] = entries.columns() else {
            return false;
        };
        let (keys, values) = (keys.as_string::<i32>(), values.as_string::<i32>());
        self.selector.matches(|wanted| {
            let entry = (0..keys.len())
                .rev()
                .find(|&entry| keys.value(entry) == wanted)?;
            (!values.is_null(entry)).then(|| values.value(entry).to_owned())
        })
    }
}

/// Requirements that all must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Selector {
    requirements: Vec<Requirement>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Test {
    Exists,
    Missing,
    In(Vec<String>),
    NotIn(Vec<String>),
    Greater(i64),
    Less(i64),
}

impl Selector {
    fn matches(&self, label: impl Fn(&str) -> Option<String>) -> bool {
        self.requirements.iter().all(|requirement| {
            let value = label(&requirement.key);
            let number = || value.as_ref().and_then(|value| value.parse::<i64>().ok());
            match &requirement.test {
                Test::Exists => value.is_some(),
                Test::Missing => value.is_none(),
                Test::In(items) => value.is_some_and(|value| items.contains(&value)),
                Test::NotIn(items) => value.is_none_or(|value| !items.contains(&value)),
                Test::Greater(limit) => number().is_some_and(|number| number > *limit),
                Test::Less(limit) => number().is_some_and(|number| number < *limit),
            }
        })
    }
}

impl FromStr for Selector {
    /// What was expected and what came.
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let mut parser = Parser {
            rest: text.trim_start(),
        };
        let mut requirements = Vec::new();
        while !parser.rest.is_empty() || !requirements.is_empty() {
            requirements.push(parser.requirement()?);
            if parser.rest.is_empty() {
                break;
            }
            parser.expect(",")?;
        }
        Ok(Self { requirements })
    }
}

/// What is left to read; white space was skipped.
struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn requirement(&mut self) -> std::result::Result<Requirement, String> {
        let missing = self.take("!");
        let key = self.word();
        check_key(key)?;
        let key = key.to_owned();
        if missing {
            let test = Test::Missing;
            return Ok(Requirement { key, test });
        }
        // `==` before `=`, of which it begins with one.
        let test = if self.take("!=") {
            Test::NotIn(vec![self.value()?])
        } else if self.take("==") || self.take("=") {
            Test::In(vec![self.value()?])
        } else if self.take(">") {
            Test::Greater(self.number()?)
        } else if self.take("<") {
            Test::Less(self.number()?)
        } else if self.rest.is_empty() || self.rest.starts_with(',') {
            Test::Exists
        } else {
            match self.word() {
                "in" => Test::In(self.values()?),
                "notin" => Test::NotIn(self.values()?),
                other => {
                    let came = if other.is_empty() { self.rest } else { other };
                    return Err(format!(
                        "expected `=`, `!=`, `in`, `notin` or `,` after `{key}`, not `{came}`"
                    ));
                }
            }
        };
        Ok(Requirement { key, test })
    }

    fn values(&mut self) -> std::result::Result<Vec<String>, String> {
        self.expect("(")?;
        if self.rest.starts_with(')') {
            return Err("expected a value between the parentheses".to_owned());
        }
        let mut values = vec![self.value()?];
        while self.take(",") {
            values.push(self.value()?);
        }
        self.expect(")")?;
        Ok(values)
    }

    fn value(&mut self) -> std::result::Result<String, String> {
        let value = self.word();
        if value.is_empty() || is_name(value) {
            return Ok(value.to_owned());
        }
        Err(format!("`{value}` cannot be the value of a label"))
    }

    fn number(&mut self) -> std::result::Result<i64, String> {
        let word = self.word();
        word.parse()
            .map_err(|_| format!("expected a whole number after `>` or `<`, not `{word}`"))
    }

    /// All up to white space or a sign.
    fn word(&mut self) -> &'a str {
        let ends = |c: char| c.is_whitespace() || "=!(),<>".contains(c);
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        word
    }

    fn take(&mut self, sign: &str) -> bool {
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, sign: &str) -> std::result::Result<(), String> {
        if self.take(sign) {
            return Ok(());
        }
        Err(match self.rest {
            "" => format!("expected `{sign}` at the end"),
            rest => format!("expected `{sign}` before `{rest}`"),
        })
    }
}

/// A key is a name, with or without a DNS name and `/` before it.
fn check_key(key: &str) -> std::result::Result<(), String> {
    if key.is_empty() {
        return Err("expected the key of a label".to_owned());
    }
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    let is_dns = |prefix: &str| {
        let inner = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        prefix.len() <= MAX_PREFIX_BYTES
            && prefix.split('.').all(|part| {
                !part.is_empty()
                    && part.bytes().all(inner)
                    && !part.starts_with('-')
                    && !part.ends_with('-')
            })
    };
    if is_name(name) && prefix.is_none_or(is_dns) {
        return Ok(());
    }
    Err(format!("`{key}` cannot be the key of a label"))
}

/// Letters and digits, inside also `-`, `_` and `.`; at most 63 characters.
fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric();
    text.len() <= MAX_NAME_BYTES
        && text.starts_with(plain)
        && text.ends_with(plain)
        && text.chars().all(|c| plain(c) || "-_.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{MapBuilder, StringArray, StringBuilder};

    fn matches(selector: &str, labels: &[(&str, &str)]) -> bool {
        let selector: Selector = selector.parse().unwrap();
        selector.matches(|key| {
            let label = labels.iter().find(|(name, _)| *name == key)?;
            Some(label.1.to_owned())
        })
    }

    #[test]
    fn selectors_mean_what_kubectl_means() {
        let labels = [("app", "web"), ("tier", ""), ("n", "5"), ("k.io/x", "y")];
        for (selector, expected) in [
            ("", true),
            ("app=web", true),
            ("app==web, tier=", true),
            ("app = api", false),
            ("app!=api", true),
            ("other!=api", true),
            ("app in (api, web)", true),
            ("app notin (web)", false),
            ("other notin (web)", true),
            ("app,tier,n", true),
            ("!app", false),
            ("! other", true),
            ("n>4,n<6", true),
            ("app>4", false),
            ("k.io/x in (y,)", true),
            ("in notin (a)", true),
        ] {
            assert_eq!(matches(selector, &labels), expected, "{selector}");
        }
    }

    #[test]
    fn what_is_no_selector_says_why() {
        for (selector, expected) in [
            (",", "expected the key of a label"),
            ("a=b,", "expected the key of a label"),
            (
                "a b",
                "expected `=`, `!=`, `in`, `notin` or `,` after `a`, not `b`",
            ),
            ("a in b", "expected `(` before `b`"),
            ("a in (b", "expected `)` at the end"),
            ("a in ()", "expected a value between the parentheses"),
            ("a=b c", "expected `,` before `c`"),
            ("a=-b", "`-b` cannot be the value of a label"),
            (
                "a b=c",
                "expected `=`, `!=`, `in`, `notin` or `,` after `a`, not `b`",
            ),
            ("A.io/x", "`A.io/x` cannot be the key of a label"),
            ("n>x", "expected a whole number after `>` or `<`, not `x`"),
        ] {
            assert_eq!(selector.parse::<Selector>().unwrap_err(), expected);
        }
    }

    #[test]
    fn null_labels_are_no_labels() {
        let kernel = LabelMatch {
            selector: "app!=web".parse().unwrap(),
        };
        let mut maps = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
        for value in [Some("web"), Some("api"), None] {
            maps.keys().append_value("app");
            maps.values().append_option(value);
            maps.append(true).unwrap();
        }
        maps.append(false).unwrap();
        let maps: ArrayRef = Arc::new(maps.finish());
        let documents: ArrayRef = Arc::new(StringArray::from(vec![
            Some(r#"{"app":"web"}"#),
            Some(r#"{"app":1}"#),
            Some(r#"{"app":null}"#),
            Some("[1]"),
        ]));
        for labels in [maps, documents] {
            let result = kernel.call(&[labels]).unwrap();
            assert_eq!(
                result.as_boolean().iter().collect::<Vec<_>>(),
                [Some(false), Some(true), Some(true), Some(true)]
            );
        }
    }
}
