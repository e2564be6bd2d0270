//! Types as text, as the language writes them: `list<struct<name: string, ports: list<long>>>`. Owns the reader; `Display` of
//! [`Type`] writes.
//!
//! Sources say with it what their documents look like (`shape` in the contract), catalogues what their tables hold.

use crate::types::Type;

/// Levels that a type may nest: Kubernetes' deepest built-in kind has 14.
const DEPTH: usize = 64;

/// Why a text is not a type, and at which byte.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} at byte {at} of the type")]
pub struct TypeTextError {
    expected: &'static str,
    at: usize,
}

/// Reads a type.
///
/// ```
/// use trawl_plan::{Type, parse_type};
/// assert_eq!(parse_type("list<long>").unwrap(), Type::List(Box::new(Type::Long)));
/// assert!(parse_type("list<").is_err());
/// ```
///
/// # Errors
/// For text that is not a type, or one that nests deeper than 64 levels.
pub fn parse_type(text: &str) -> Result<Type, TypeTextError> {
    let mut reader = Reader { text, at: 0 };
    let ty = reader.ty(0)?;
    reader.space();
    match reader.rest() {
        "" => Ok(ty),
        _ => Err(reader.expected("the end")),
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn expected(&self, expected: &'static str) -> TypeTextError {
        TypeTextError {
            expected,
            at: self.at,
        }
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn take(&mut self, mark: &str) -> bool {
        self.space();
        let found = self.rest().starts_with(mark);
        if found {
            self.at += mark.len();
        }
        found
    }

    fn need(&mut self, mark: &'static str) -> Result<(), TypeTextError> {
        if self.take(mark) {
            Ok(())
        } else {
            Err(self.expected(mark))
        }
    }

    fn word(&mut self) -> &'a str {
        self.space();
        let rest = self.rest();
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    /// A plain name, or any text in backticks.
    fn name(&mut self) -> Result<&'a str, TypeTextError> {
        if self.take("`") {
            let rest = self.rest();
            let end = rest.find('`').ok_or_else(|| self.expected("a backtick"))?;
            self.at += end + 1;
            return Ok(rest.get(..end).unwrap_or_default());
        }
        match self.word() {
            "" => Err(self.expected("a name")),
            name => Ok(name),
        }
    }

    fn ty(&mut self, depth: usize) -> Result<Type, TypeTextError> {
        if depth > DEPTH {
            return Err(self.expected("fewer levels"));
        }
        self.space();
        let start = self.at;
        Ok(match self.word() {
            "list" => {
                self.need("<")?;
                let item = self.ty(depth + 1)?;
                self.need(">")?;
                Type::List(Box::new(item))
            }
            "map" => {
                self.need("<")?;
                self.need("string")?;
                self.need(",")?;
                let value = self.ty(depth + 1)?;
                self.need(">")?;
                Type::Map(Box::new(value))
            }
            "struct" => {
                self.need("<")?;
                let mut fields = Vec::new();
                if !self.take(">") {
                    loop {
                        let name = self.name()?;
                        self.need(":")?;
                        fields.push((name.to_owned(), self.ty(depth + 1)?));
                        if !self.take(",") {
                            break;
                        }
                    }
                    self.need(">")?;
                }
                Type::Struct(fields)
            }
            "null" => Type::Null,
            word => match Type::named(word) {
                Some(ty) => ty,
                None => {
                    self.at = start;
                    return Err(self.expected("a type"));
                }
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_read_back_what_they_write() {
        for text in [
            "null",
            "long",
            "list<list<string>>",
            "map<string, quantity>",
            "struct<>",
            "struct<a: long, `b.c`: struct<d: list<dynamic>>, m: map<string, string>>",
        ] {
            assert_eq!(parse_type(text).unwrap().to_string(), text);
        }
        assert_eq!(
            parse_type(" list < long > ").unwrap().to_string(),
            "list<long>"
        );
    }

    #[test]
    fn what_is_no_type_is_refused_at_its_place() {
        for (text, at) in [
            ("", 0),
            ("int", 0),
            ("list<", 5),
            ("list<long", 9),
            ("struct<a long>", 9),
            ("struct<`a: long>", 8),
            ("map<long, long>", 4),
            ("long long", 5),
        ] {
            assert_eq!(parse_type(text).unwrap_err().at, at, "{text}");
        }
        assert!(parse_type(&"list<".repeat(10_000)).is_err());
    }
}
