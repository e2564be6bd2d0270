//! Owns the tokens of a query of Logs Insights, and the refusal of one that cannot be read.

use crate::cloudwatch::refusal::Refusal;

/// A token of a query.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Word(String),
    Text(String),
    Pattern(String),
    Sign(&'static str),
}

const SIGNS: [&str; 13] = [
    "!=", "<=", ">=", "=", "<", ">", "(", ")", "[", "]", ",", "|", "*",
];

/// A query that is not answered, with what is.
pub(super) fn malformed(why: impl Into<String>) -> Refusal {
    let why: String = why.into();
    Refusal::new(
        "MalformedQueryException",
        format!(
            "{why}; the demo answers fields, display, filter (=, !=, <, <=, >, >=, like, in, joined by and), sort, limit and \
             stats count(*) by"
        ),
    )
}

/// A token as messages tell it.
pub(super) fn told(token: Option<&Token>) -> String {
    match token {
        None => "the end of the command".to_owned(),
        Some(Token::Word(text)) => format!("`{text}`"),
        Some(Token::Text(text)) => format!("{text:?}"),
        Some(Token::Pattern(text)) => format!("/{text}/"),
        Some(Token::Sign(sign)) => format!("`{sign}`"),
    }
}

/// Takes a query apart.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Refusal> {
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
