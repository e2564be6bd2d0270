//! Owns the grammar of the part of Logs Insights that is answered. Text in, commands out.

use regex::Regex;

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

/// A token of a query.
#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Pattern(String),
    Sign(&'static str),
}

const SIGNS: [&str; 13] = [
    "!=", "<=", ">=", "=", "<", ">", "(", ")", "[", "]", ",", "|", "*",
];

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

fn malformed(why: impl Into<String>) -> Refusal {
    let why: String = why.into();
    Refusal::new(
        "MalformedQueryException",
        format!(
            "{why}; the demo answers fields, display, filter (=, !=, <, <=, >, >=, like, in, joined by and), sort, limit and \
             stats count(*) by"
        ),
    )
}

fn told(token: Option<&Token>) -> String {
    match token {
        None => "the end of the command".to_owned(),
        Some(Token::Word(text)) => format!("`{text}`"),
        Some(Token::Text(text)) => format!("{text:?}"),
        Some(Token::Pattern(text)) => format!("/{text}/"),
        Some(Token::Sign(sign)) => format!("`{sign}`"),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, Refusal> {
    let (mut tokens, mut rest) = (Vec::new(), text.trim_start());
    while let Some(first) = rest.chars().next() {
        let after = rest.get(first.len_utf8()..).unwrap_or_default();
        rest = match first {
            '#' => after.split_once('\n').map_or("", |(_, next)| next),
            '"' | '\'' | '/' | '`' => {
                let (inner, next) = until(after, first)?;
                tokens.push(match first {
                    '/' => Token::Pattern(inner),
                    '`' => Token::Word(inner),
                    _ => Token::Text(inner),
                });
                next
            }
            c if is_word(c) => {
                let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                let (word, next) = rest.split_at(end);
                tokens.push(Token::Word(word.to_owned()));
                next
            }
            _ => {
                let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
                let sign = sign.ok_or_else(|| malformed(format!("unexpected `{first}`")))?;
                tokens.push(Token::Sign(sign));
                rest.get(sign.len()..).unwrap_or_default()
            }
        }
        .trim_start();
    }
    Ok(tokens)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '@' | '.' | '-')
}

/// What is before the closing quote, a backslash before a quote or a backslash taken away, and what is after it.
fn until(text: &str, quote: char) -> Result<(String, &str), Refusal> {
    let (mut inner, mut chars) = (String::new(), text.char_indices());
    while let Some((at, c)) = chars.next() {
        if c == quote {
            return Ok((inner, text.get(at.saturating_add(1)..).unwrap_or_default()));
        }
        match c {
            '\\' => match chars.next() {
                Some((_, escaped)) if escaped == quote || (escaped == '\\' && quote != '/') => {
                    inner.push(escaped);
                }
                Some((_, other)) => inner.extend(['\\', other]),
                None => break,
            },
            c => inner.push(c),
        }
    }
    Err(malformed(format!("a {quote} has no end")))
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
