//! Owns the parsing of the part of LogQL that the fake knows; refuses the rest in Loki's words.

use std::cell::RefCell;
use std::collections::BTreeMap;

use regex::Regex;

/// How a label is compared.
#[derive(Debug, Clone)]
pub(crate) enum Test {
    Equal(String),
    NotEqual(String),
    Matches(Regex),
    MatchesNot(Regex),
}

impl Test {
    pub(crate) fn passes(&self, value: &str) -> bool {
        match self {
            Self::Equal(text) => value == text,
            Self::NotEqual(text) => value != text,
            Self::Matches(regex) => regex.is_match(value),
            Self::MatchesNot(regex) => !regex.is_match(value),
        }
    }
}

/// `label op "value"`
#[derive(Debug, Clone)]
pub(crate) struct Matcher {
    pub(crate) label: String,
    pub(crate) test: Test,
}

/// A stage of a pipeline.
#[derive(Debug, Clone)]
pub(crate) enum Stage {
    Contains(String, bool),
    Matches(Regex, bool),
    Label(Matcher),
    Json,
}

/// `{…} stages`
#[derive(Debug, Clone, Default)]
pub(crate) struct Pipeline {
    pub(crate) matchers: Vec<Matcher>,
    pub(crate) stages: Vec<Stage>,
}

/// What is measured of a range.
#[derive(Debug, Clone)]
pub(crate) enum Measure {
    Count,
    Rate,
}

/// A query.
#[derive(Debug, Clone)]
pub(crate) enum Query {
    Entries(Pipeline),
    Range {
        measure: Measure,
        of: Pipeline,
        /// Nanoseconds.
        range: i64,
    },
    /// The labels that are kept.
    Sum(Vec<String>, Box<Query>),
    Number(f64),
}

const NEEDS_ONE: &str = "parse error : queries require at least one regexp or equality matcher that does not have an empty-compatible value. For instance, app=~\".*\" does not meet this requirement, but app=~\".+\" will";

/// Parses a query.
pub(crate) fn parse(text: &str) -> Result<Query, String> {
    let mut reader = Reader { text, at: 0 };
    let query = reader.query()?;
    reader.space();
    if reader.rest().is_empty() {
        Ok(query)
    } else {
        Err(reader.unexpected())
    }
}

/// Parses a selector alone.
pub(crate) fn selector(text: &str) -> Result<Vec<Matcher>, String> {
    match parse(text)? {
        Query::Entries(pipeline) if pipeline.stages.is_empty() => Ok(pipeline.matchers),
        _ => Err("only label matchers are supported".to_owned()),
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn space(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with('#') {
                return;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    fn takes(&mut self, sign: &str) -> bool {
        self.space();
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    fn unexpected(&self) -> String {
        let before = self.text.get(..self.at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().len() + 1;
        let what = match self.rest().chars().next() {
            Some(c) => c.to_string(),
            None => "$end".to_owned(),
        };
        format!("parse error at line {line}, col {column}: syntax error: unexpected {what}")
    }

    fn sign(&mut self, sign: &str) -> Result<(), String> {
        if self.takes(sign) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn word(&mut self) -> &'t str {
        self.space();
        let rest = self.rest();
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    /// A string of Go: double quotes with escapes, backticks without.
    fn text(&mut self) -> Result<String, String> {
        self.space();
        let raw = self.rest().starts_with('`');
        if !raw && !self.rest().starts_with('"') {
            return Err(self.unexpected());
        }
        self.at += 1;
        let mut out = String::new();
        let mut chars = self.rest().char_indices();
        while let Some((index, c)) = chars.next() {
            match c {
                '`' if raw => {
                    self.at += index + 1;
                    return Ok(out);
                }
                '"' if !raw => {
                    self.at += index + 1;
                    return Ok(out);
                }
                '\\' if !raw => match chars.next().map(|(_, c)| c) {
                    Some('n') => out.push('\n'),
                    Some('r') => out.push('\r'),
                    Some('t') => out.push('\t'),
                    Some('x') => {
                        let digits: String = chars.by_ref().take(2).map(|(_, c)| c).collect();
                        let code = u32::from_str_radix(&digits, 16).ok();
                        out.push(code.and_then(char::from_u32).ok_or("invalid syntax")?);
                    }
                    Some(c @ ('\\' | '"')) => out.push(c),
                    _ => return Err("parse error : invalid char escape".to_owned()),
                },
                c => out.push(c),
            }
        }
        Err("parse error at line 1, col 1: literal not terminated".to_owned())
    }

    fn query(&mut self) -> Result<Query, String> {
        self.space();
        if self.rest().starts_with('{') {
            return Ok(Query::Entries(self.pipeline()?));
        }
        if self.takes("(") {
            let query = self.query()?;
            self.sign(")")?;
            return Ok(query);
        }
        let start = self.at;
        match self.word() {
            "sum" => {
                let mut kept = Vec::new();
                let before = self.at;
                if self.word() == "by" {
                    self.sign("(")?;
                    while !self.takes(")") {
                        kept.push(self.word().to_owned());
                        self.takes(",");
                    }
                } else {
                    self.at = before;
                }
                self.sign("(")?;
                let inner = self.query()?;
                self.sign(")")?;
                Ok(Query::Sum(kept, Box::new(inner)))
            }
            word @ ("count_over_time" | "rate") => {
                let measure = if word == "rate" {
                    Measure::Rate
                } else {
                    Measure::Count
                };
                self.sign("(")?;
                let of = self.pipeline()?;
                self.sign("[")?;
                let range = duration(self.word()).ok_or_else(|| self.unexpected())?;
                self.sign("]")?;
                self.sign(")")?;
                Ok(Query::Range { measure, of, range })
            }
            word => match word.parse() {
                Ok(number) => Ok(Query::Number(number)),
                Err(_) => {
                    self.at = start;
                    Err(self.unexpected())
                }
            },
        }
    }

    fn pipeline(&mut self) -> Result<Pipeline, String> {
        self.sign("{")?;
        let mut pipeline = Pipeline::default();
        while !self.takes("}") {
            pipeline.matchers.push(self.matcher()?);
            if !self.takes(",") {
                self.sign("}")?;
                break;
            }
        }
        if pipeline.matchers.iter().all(|it| it.test.passes("")) {
            return Err(NEEDS_ONE.to_owned());
        }
        loop {
            let stage = if self.takes("|=") {
                Stage::Contains(self.text()?, true)
            } else if self.takes("|~") {
                Stage::Matches(unanchored(&self.text()?)?, true)
            } else if self.takes("!=") {
                Stage::Contains(self.text()?, false)
            } else if self.takes("!~") {
                Stage::Matches(unanchored(&self.text()?)?, false)
            } else if self.takes("|") {
                let before = self.at;
                if self.word() == "json" {
                    Stage::Json
                } else {
                    self.at = before;
                    Stage::Label(self.matcher()?)
                }
            } else {
                return Ok(pipeline);
            };
            pipeline.stages.push(stage);
        }
    }

    fn matcher(&mut self) -> Result<Matcher, String> {
        let label = self.word().to_owned();
        if label.is_empty() {
            return Err(self.unexpected());
        }
        let test = if self.takes("=~") {
            Test::Matches(anchored(&self.text()?)?)
        } else if self.takes("!~") {
            Test::MatchesNot(anchored(&self.text()?)?)
        } else if self.takes("!=") {
            Test::NotEqual(self.text()?)
        } else {
            self.sign("=")?;
            Test::Equal(self.text()?)
        };
        Ok(Matcher { label, test })
    }
}

/// Label matchers are anchored at both ends.
fn anchored(pattern: &str) -> Result<Regex, String> {
    unanchored(&format!("^(?:{pattern})$"))
}

/// Patterns are compiled once: an unoptimised compiler of patterns takes longer than all else here.
fn unanchored(pattern: &str) -> Result<Regex, String> {
    thread_local! {
        static KNOWN: RefCell<BTreeMap<String, Regex>> = const { RefCell::new(BTreeMap::new()) };
    }
    if let Some(known) = KNOWN.with_borrow(|known| known.get(pattern).cloned()) {
        return Ok(known);
    }
    let regex = Regex::new(pattern)
        .map_err(|_| format!("parse error : error parsing regexp: invalid pattern: `{pattern}`"))?;
    KNOWN.with_borrow_mut(|known| known.insert(pattern.to_owned(), regex.clone()));
    Ok(regex)
}

/// `5m`, `300000ms`, in nanoseconds.
pub(crate) fn duration(text: &str) -> Option<i64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(digits)?;
    let unit = match unit {
        "ns" => 1,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "d" => 86_400_000_000_000,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_read_or_refused_in_lokis_words() {
        for good in [
            r#"{app="x"}"#,
            "{app=~`a.+`, b!=\"\"} |= \"x\" !~ `y` | json | c=\"d\" # e",
            r#"sum by (a, b) (count_over_time({app="x"} |= "\"" [5m]))"#,
            r#"sum(rate({app="x"}[300000ms]))"#,
            r#"({app="x"})"#,
        ] {
            assert!(parse(good).is_ok(), "{good}: {:?}", parse(good));
        }
        for (bad, words) in [
            (
                r#"{app="x""#,
                "parse error at line 1, col 9: syntax error: unexpected $end",
            ),
            ("{}", "queries require at least one"),
            (r#"{app=~".*"}"#, "queries require at least one"),
            (r#"{app!="x"}"#, "queries require at least one"),
            (r#"{app="x"} nope"#, "unexpected n"),
            (r#"{app=~"("}"#, "error parsing regexp"),
        ] {
            let error = parse(bad).unwrap_err();
            assert!(error.contains(words), "{bad}: {error}");
        }
        assert!(selector(r#"{a="b"} |= "c""#).is_err());
    }
}
