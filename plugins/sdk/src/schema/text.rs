//! Owns types written as the query language writes them, which is the form of a column's `shape`; refuses values.

use std::fmt;
use std::str::FromStr;

use super::Type;
use crate::columns::MAX_TYPE_DEPTH;

/// A text that is no type of the language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeTextError {
    /// What was expected, what came, at which byte.
    pub message: String,
}

impl fmt::Display for TypeTextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TypeTextError {}

/// The type as the language writes it: `struct<phase: string, conditions: list<struct<type: string>>>`.
///
/// Names that are no identifiers stand in backticks. A name with a backtick in it cannot be written at all: an object that has
/// one is `dynamic`, since a struct without that field would say that it does not exist.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Uint8 | Self::Int64 => f.write_str("long"),
            Self::Float64 => f.write_str("real"),
            Self::Utf8 => f.write_str("string"),
            Self::Json => f.write_str("dynamic"),
            Self::Timestamp => f.write_str("datetime"),
            Self::Duration => f.write_str("timespan"),
            Self::Quantity => f.write_str("quantity"),
            Self::List(item) => write!(f, "list<{item}>"),
            Self::Map(value) => write!(f, "map<string, {value}>"),
            Self::Object(fields) if fields.iter().any(|(name, _)| name.contains('`')) => {
                f.write_str("dynamic")
            }
            Self::Object(fields) => {
                f.write_str("struct<")?;
                for (index, (name, of)) in fields.iter().enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    let quote = if is_identifier(name) { "" } else { "`" };
                    write!(f, "{comma}{quote}{name}{quote}: {of}")?;
                }
                f.write_str(">")
            }
        }
    }
}

/// Letters, digits and underscores of ASCII, no digit first. Words that the language reserves are identifiers here: in front
/// of a colon they cannot be mistaken.
fn is_identifier(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Reads what `Display` writes, with any white space between the parts.
impl FromStr for Type {
    type Err = TypeTextError;

    fn from_str(text: &str) -> Result<Self, TypeTextError> {
        let mut reader = Reader { text, rest: text };
        let of = reader.of(MAX_TYPE_DEPTH)?;
        reader.skip_white_space();
        if reader.rest.is_empty() {
            Ok(of)
        } else {
            Err(reader.expected("the end of the type"))
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn expected(&self, what: &str) -> TypeTextError {
        let at = self.text.len().saturating_sub(self.rest.len());
        let found: String = self.rest.chars().take(12).collect();
        TypeTextError {
            message: format!("expected {what} at byte {at}, got `{found}`"),
        }
    }

    fn skip_white_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn takes(&mut self, sign: char) -> bool {
        self.skip_white_space();
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn sign(&mut self, sign: char) -> Result<(), TypeTextError> {
        if self.takes(sign) {
            Ok(())
        } else {
            Err(self.expected(&format!("`{sign}`")))
        }
    }

    fn word(&mut self) -> &'t str {
        self.skip_white_space();
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn name(&mut self) -> Result<&'t str, TypeTextError> {
        if self.takes('`') {
            let Some((name, rest)) = self.rest.split_once('`') else {
                return Err(self.expected("a name and its closing backtick"));
            };
            self.rest = rest;
            return Ok(name);
        }
        let before = self.rest;
        let word = self.word();
        if is_identifier(word) {
            Ok(word)
        } else {
            self.rest = before;
            Err(self.expected("the name of a field"))
        }
    }

    fn of(&mut self, depth: usize) -> Result<Type, TypeTextError> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(self.expected(&format!("a type of at most {MAX_TYPE_DEPTH} levels")));
        };
        self.skip_white_space();
        let before = self.rest;
        Ok(match self.word() {
            "bool" => Type::Bool,
            "long" => Type::Int64,
            "real" => Type::Float64,
            "string" => Type::Utf8,
            "dynamic" => Type::Json,
            "datetime" => Type::Timestamp,
            "timespan" => Type::Duration,
            "quantity" => Type::Quantity,
            "list" => {
                self.sign('<')?;
                let item = self.of(depth)?;
                self.sign('>')?;
                Type::list(item)
            }
            "map" => {
                self.sign('<')?;
                if self.word() != "string" {
                    return Err(self.expected("`string` as the key of a map before this"));
                }
                self.sign(',')?;
                let value = self.of(depth)?;
                self.sign('>')?;
                Type::map(value)
            }
            "struct" => Type::Object(self.fields(depth)?),
            _ => {
                self.rest = before;
                return Err(self.expected("a type of the language"));
            }
        })
    }

    fn fields(&mut self, depth: usize) -> Result<Vec<(String, Type)>, TypeTextError> {
        self.sign('<')?;
        let mut fields = Vec::new();
        if self.takes('>') {
            return Ok(fields);
        }
        loop {
            let name = self.name()?.to_owned();
            self.sign(':')?;
            fields.push((name, self.of(depth)?));
            if self.takes('>') {
                return Ok(fields);
            }
            self.sign(',')?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_written_and_read_back() {
        let of = Type::object([
            ("phase", Type::Utf8),
            ("in", Type::Bool),
            ("$ref", Type::Json),
            ("2d", Type::Float64),
            ("", Type::Duration),
            ("at", Type::list(Type::Timestamp)),
            ("limits", Type::map(Type::Quantity)),
            ("none", Type::object([])),
        ]);
        let text = "struct<phase: string, in: bool, `$ref`: dynamic, `2d`: real, ``: timespan, at: list<datetime>, \
                    limits: map<string, quantity>, none: struct<>>";
        assert_eq!(of.to_string(), text);
        assert_eq!(text.parse(), Ok(of));
        assert_eq!(
            " list <\n struct< a :long > >\n".parse(),
            Ok(Type::list(Type::object([("a", Type::Int64)])))
        );
    }

    #[test]
    fn what_the_language_cannot_name_is_dynamic() {
        let of = Type::list(Type::object([("a`b", Type::Utf8)]));
        assert_eq!(of.to_string(), "list<dynamic>");
    }

    #[test]
    fn other_texts_are_refused_with_their_place() {
        for (text, expected) in [
            ("", "expected a type of the language at byte 0, got ``"),
            (
                "int",
                "expected a type of the language at byte 0, got `int`",
            ),
            ("list<long", "expected `>` at byte 9, got ``"),
            ("map<long, bool>", "expected `string` as the key of a map"),
            ("struct<a b>", "expected `:` at byte 9, got `b>`"),
            ("struct<1a: long>", "expected the name of a field at byte 7"),
            ("struct<`a: long>", "closing backtick"),
            (
                "struct<a: long,>",
                "expected the name of a field at byte 15",
            ),
            ("long long", "expected the end of the type at byte 5"),
        ] {
            let error = text.parse::<Type>().unwrap_err();
            assert!(error.message.contains(expected), "{text}: {error}");
        }
        let deep = "list<".repeat(MAX_TYPE_DEPTH + 1);
        let error = deep.parse::<Type>().unwrap_err();
        assert!(error.message.contains("levels"), "{error}");
    }
}
