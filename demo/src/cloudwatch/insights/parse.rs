//! Owns the grammar of the part of Logs Insights that is answered. Text in, commands out.

use regex::Regex;

use super::token::{Token, malformed, tokens, told};
use crate::cloudwatch::refusal::Refusal;

/// Memory a compiled pattern may take.
const MAX_PATTERN_BYTES: usize = 1 << 20;

/// A query: what its commands come to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query {
    /// The fields that are shown; the default ones where it is empty.
    pub(super) fields: Vec<String>,
    pub(super) conditions: Vec<Condition>,
    pub(super) stats: Option<Stats>,
    pub(super) sort: Option<(String, bool)>,
    pub(super) limit: Option<usize>,
}

/// A condition on one field.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    pub(super) field: String,
    pub(super) test: Test,
    pub(super) negated: bool,
}

/// The condition itself.
#[derive(Debug, Clone)]
pub(super) enum Test {
    /// One of these.
    In(Vec<String>),
    Contains(String),
    Matches(Regex),
    /// Numbers alone compare: `<`, `<=`, `>`, `>=`.
    Compares(&'static str, f64),
}

/// `stats count(*) as name by …`.
#[derive(Debug, Clone)]
pub(super) struct Stats {
    pub(super) name: String,
    pub(super) by: Vec<Key>,
}

/// What groups.
#[derive(Debug, Clone)]
pub(super) enum Key {
    Field(String),
    /// `bin(5m)`, in milliseconds, by its text.
    Bin(i64, String),
}

/// Reads a query.
pub(crate) fn parse(text: &str) -> Result<Query, Refusal> {
    let tokens = tokens(text)?;
    let mut query = Query::default();
    for command in tokens.split(|token| *token == Token::Sign("|")) {
        let mut reader = Reader { tokens: command };
        reader.command(&mut query)?;
        if let Some(left) = reader.tokens.first() {
            return Err(malformed(format!("unexpected {}", told(Some(left)))));
        }
    }
    Ok(query)
}

struct Reader<'a> {
    tokens: &'a [Token],
}

impl Reader<'_> {
    fn next(&mut self) -> Option<Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first.clone())
    }

    fn sign(&mut self, sign: &'static str) -> bool {
        let found = self.tokens.first() == Some(&Token::Sign(sign));
        if found {
            self.next();
        }
        found
    }

    fn expect(&mut self, sign: &'static str) -> Result<(), Refusal> {
        if self.sign(sign) {
            return Ok(());
        }
        let found = told(self.tokens.first());
        Err(malformed(format!("expected `{sign}`, found {found}")))
    }

    /// Takes a keyword if it comes next; they are read in any case.
    fn keyword(&mut self, keyword: &str) -> bool {
        let found = matches!(self.tokens.first(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword));
        if found {
            self.next();
        }
        found
    }

    fn word(&mut self, what: &str) -> Result<String, Refusal> {
        match self.next() {
            Some(Token::Word(word)) => Ok(word),
            other => {
                let found = told(other.as_ref());
                Err(malformed(format!("expected {what}, found {found}")))
            }
        }
    }

    fn command(&mut self, query: &mut Query) -> Result<(), Refusal> {
        let command = self.word("a command")?.to_ascii_lowercase();
        let aggregated = query.stats.is_some();
        match command.as_str() {
            "fields" if !aggregated => self.words(&mut query.fields),
            "display" if !aggregated => {
                query.fields.clear();
                self.words(&mut query.fields)
            }
            "filter" if !aggregated => self.filter(&mut query.conditions),
            "sort" => {
                let field = self.word("a field")?;
                let ascending = self.keyword("asc") || !self.keyword("desc");
                query.sort = Some((field, ascending));
                Ok(())
            }
            "limit" => {
                let number = self.word("a number")?;
                let limit = number
                    .parse()
                    .ok()
                    .filter(|limit| (1..=10_000).contains(limit));
                query.limit =
                    Some(limit.ok_or_else(|| {
                        malformed(format!("limit {number} is not from 1 to 10000"))
                    })?);
                Ok(())
            }
            "stats" if !aggregated => {
                query.stats = Some(self.stats()?);
                Ok(())
            }
            other => Err(malformed(format!("`{other}` is not answered here"))),
        }
    }

    fn words(&mut self, fields: &mut Vec<String>) -> Result<(), Refusal> {
        loop {
            fields.push(self.word("a field")?);
            if !self.sign(",") {
                return Ok(());
            }
        }
    }

    fn filter(&mut self, conditions: &mut Vec<Condition>) -> Result<(), Refusal> {
        loop {
            let field = self.word("a field")?;
            let mut negated = self.keyword("not");
            let test = if self.keyword("like") {
                match self.next() {
                    Some(Token::Text(text)) => Test::Contains(text),
                    Some(Token::Pattern(pattern)) => Test::Matches(compiled(&pattern)?),
                    other => {
                        return Err(malformed(format!(
                            "like needs a text or a pattern, found {}",
                            told(other.as_ref())
                        )));
                    }
                }
            } else if self.keyword("in") {
                Test::In(self.list()?)
            } else {
                let sign = ["=", "!=", "<=", ">=", "<", ">"]
                    .into_iter()
                    .find(|sign| self.sign(sign));
                let sign = sign.ok_or_else(|| {
                    malformed(format!(
                        "expected a comparison, found {}",
                        told(self.tokens.first())
                    ))
                })?;
                let value = self.value()?;
                match sign {
                    "=" => Test::In(vec![value]),
                    "!=" => {
                        negated = !negated;
                        Test::In(vec![value])
                    }
                    sign => {
                        let number = value
                            .parse()
                            .map_err(|_| malformed(format!("{value:?} is no number")))?;
                        Test::Compares(sign, number)
                    }
                }
            };
            conditions.push(Condition {
                field,
                test,
                negated,
            });
            if !self.keyword("and") {
                return Ok(());
            }
        }
    }

    fn value(&mut self) -> Result<String, Refusal> {
        match self.next() {
            Some(Token::Text(text)) => Ok(text),
            Some(Token::Word(word)) if word.parse::<f64>().is_ok() => Ok(word),
            other => Err(malformed(format!(
                "expected a value, found {}",
                told(other.as_ref())
            ))),
        }
    }

    fn list(&mut self) -> Result<Vec<String>, Refusal> {
        self.expect("[")?;
        let mut values = vec![self.value()?];
        while self.sign(",") {
            values.push(self.value()?);
        }
        self.expect("]")?;
        Ok(values)
    }

    fn stats(&mut self) -> Result<Stats, Refusal> {
        if !self.keyword("count") {
            return Err(malformed(format!(
                "expected count(*), found {}",
                told(self.tokens.first())
            )));
        }
        self.expect("(")?;
        self.sign("*");
        self.expect(")")?;
        let name = if self.keyword("as") {
            self.word("a name")?
        } else {
            "count(*)".to_owned()
        };
        let mut by = Vec::new();
        if self.keyword("by") {
            loop {
                let field = self.word("a field")?;
                by.push(if field == "bin" {
                    self.bin()?
                } else {
                    Key::Field(field)
                });
                if !self.sign(",") {
                    break;
                }
            }
        }
        Ok(Stats { name, by })
    }

    fn bin(&mut self) -> Result<Key, Refusal> {
        self.expect("(")?;
        let period = self.word("a period")?;
        self.expect(")")?;
        let (number, unit) = period.split_at(
            period
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(period.len()),
        );
        let unit_ms: Option<i64> = match unit {
            "ms" => Some(1),
            "s" => Some(1000),
            "m" => Some(60_000),
            "h" => Some(3_600_000),
            "d" => Some(86_400_000),
            _ => None,
        };
        let period_ms = unit_ms.zip(number.parse::<i64>().ok());
        let period_ms = period_ms.and_then(|(unit_ms, number)| unit_ms.checked_mul(number));
        period_ms
            .filter(|period_ms| *period_ms > 0)
            .map(|period_ms| Key::Bin(period_ms, format!("bin({period})")))
            .ok_or_else(|| malformed(format!("`{period}` is no period")))
    }
}

fn compiled(pattern: &str) -> Result<Regex, Refusal> {
    regex::RegexBuilder::new(pattern)
        .size_limit(MAX_PATTERN_BYTES)
        .build()
        .map_err(|_| malformed(format!("/{pattern}/ is no regular expression")))
}
