//! Owns label selectors: their grammar (apimachinery `labels.Parse`), its error messages, and what they match.

use std::collections::BTreeMap;

/// A selector: all requirements must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct LabelSelector {
    requirements: Vec<Requirement>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    Exists,
    Missing,
    In(Vec<String>),
    /// Also holds where the key is missing.
    NotIn(Vec<String>),
    Greater(i64),
    Less(i64),
}

/// What the parser offers where an operator should stand, in apimachinery's words and order.
const OPERATORS: &str = "in, notin, =, ==, !=, gt, lt";

impl LabelSelector {
    /// Reads a selector; the error is the message of kube-apiserver's 400.
    pub(crate) fn parse(text: &str) -> Result<LabelSelector, String> {
        let mut parser = Parser {
            tokens: tokens(text),
            at: 0,
        };
        let mut requirements = Vec::new();
        if *parser.peek() == Token::End {
            return Ok(LabelSelector::default());
        }
        loop {
            match parser.peek() {
                Token::Word(_) | Token::Sign("!") => {
                    let requirement = parser
                        .requirement()
                        .map_err(|why| format!("unable to parse requirement: {why}"))?;
                    requirements.push(requirement);
                }
                other => {
                    return Err(format!(
                        "found '{}', expected: !, identifier, or 'end of string'",
                        other.text()
                    ));
                }
            }
            match parser.take() {
                Token::End => return Ok(LabelSelector { requirements }),
                Token::Sign(",") => {
                    if !matches!(parser.peek(), Token::Word(_) | Token::Sign("!")) {
                        return Err(format!(
                            "found '{}', expected: identifier after ','",
                            parser.peek().text()
                        ));
                    }
                }
                other => {
                    return Err(format!(
                        "found '{}', expected: ',' or 'end of string'",
                        other.text()
                    ));
                }
            }
        }
    }

    /// Whether everything matches.
    pub(crate) fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Whether an object with these labels is selected.
    pub(crate) fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.requirements.iter().all(|requirement| {
            let value = labels.get(&requirement.key);
            let number = || value.and_then(|value| value.parse::<i64>().ok());
            match &requirement.test {
                Test::Exists => value.is_some(),
                Test::Missing => value.is_none(),
                Test::In(values) => value.is_some_and(|value| values.contains(value)),
                Test::NotIn(values) => value.is_none_or(|value| !values.contains(value)),
                Test::Greater(bound) => number().is_some_and(|number| number > *bound),
                Test::Less(bound) => number().is_some_and(|number| number < *bound),
            }
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Sign(&'static str),
    End,
}

impl Token {
    fn text(&self) -> &str {
        match self {
            Token::Word(word) => word,
            Token::Sign(sign) => sign,
            Token::End => "",
        }
    }
}

/// Longer signs first, so that `==` is not read as two.
const SIGNS: [&str; 9] = ["==", "!=", "=", "!", ",", "(", ")", ">", "<"];

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            rest = rest.get(sign.len()..).unwrap_or_default();
        } else {
            let end = rest
                .find(|c: char| c.is_whitespace() || "=!,()<>".contains(c))
                .unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            tokens.push(Token::Word(word.to_owned()));
            rest = after;
        }
        rest = rest.trim_start();
    }
    tokens
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).unwrap_or(&Token::End)
    }

    fn take(&mut self) -> Token {
        let token = self.peek().clone();
        self.at = self.at.saturating_add(1);
        token
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let negated = *self.peek() == Token::Sign("!");
        if negated {
            self.take();
        }
        let key = match self.take() {
            Token::Word(word) => word,
            other => return Err(format!("found '{}', expected: identifier", other.text())),
        };
        if negated {
            return Ok(Requirement {
                key,
                test: Test::Missing,
            });
        }
        if matches!(self.peek(), Token::End | Token::Sign(",")) {
            return Ok(Requirement {
                key,
                test: Test::Exists,
            });
        }
        let test = match self.take() {
            Token::Sign("=" | "==") => Test::In(vec![self.exact_value()?]),
            Token::Sign("!=") => Test::NotIn(vec![self.exact_value()?]),
            Token::Sign(">") => Test::Greater(self.number()?),
            Token::Sign("<") => Test::Less(self.number()?),
            Token::Word(word) if word == "in" => Test::In(self.values()?),
            Token::Word(word) if word == "notin" => Test::NotIn(self.values()?),
            other => return Err(format!("found '{}', expected: {OPERATORS}", other.text())),
        };
        Ok(Requirement { key, test })
    }

    /// The value after `=`; none at all is the empty one.
    fn exact_value(&mut self) -> Result<String, String> {
        match self.peek() {
            Token::End | Token::Sign(",") => Ok(String::new()),
            Token::Word(_) => Ok(self.take().text().to_owned()),
            other => Err(format!("found '{}', expected: identifier", other.text())),
        }
    }

    fn number(&mut self) -> Result<i64, String> {
        let text = self.exact_value()?;
        text.parse().map_err(|_| format!("values[0]: Invalid value: \"{text}\": for 'Gt', 'Lt' operators, the value must be an integer"))
    }

    fn values(&mut self) -> Result<Vec<String>, String> {
        if self.take() != Token::Sign("(") {
            let at = self.at.saturating_sub(1);
            let found = self.tokens.get(at).unwrap_or(&Token::End).text().to_owned();
            return Err(format!("found '{found}' expected: '('"));
        }
        let mut values = Vec::new();
        loop {
            match self.take() {
                Token::Word(word) => values.push(word),
                Token::Sign(",") => values.push(String::new()),
                Token::Sign(")") => return Ok(values),
                other => {
                    return Err(format!(
                        "found '{}', expected: ',', ')' or identifier",
                        other.text()
                    ));
                }
            }
            match self.take() {
                Token::Sign(",") => {}
                Token::Sign(")") => return Ok(values),
                other => return Err(format!("found '{}', expected: ',' or ')'", other.text())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_match_as_documented() {
        let labels: BTreeMap<String, String> = [
            ("app", "cart"),
            ("tier", "web"),
            ("empty", ""),
            ("size", "12"),
        ]
        .map(|(k, v)| (k.into(), v.into()))
        .into();
        for (selector, expected) in [
            ("", true),
            ("app=cart", true),
            ("app==cart,tier=web", true),
            ("app = cart , tier in (web, api)", true),
            ("app!=cart", false),
            ("missing!=cart", true),
            ("missing notin (a,b)", true),
            ("app notin (cart)", false),
            ("app in (a,cart)", true),
            ("missing in (a)", false),
            ("app", true),
            ("!app", false),
            ("!missing,app", true),
            ("empty=", true),
            ("empty", true),
            ("size>11", true),
            ("size<12", false),
            ("app>1", false),
        ] {
            assert_eq!(
                LabelSelector::parse(selector).unwrap().matches(&labels),
                expected,
                "{selector}"
            );
        }
    }

    #[test]
    fn errors_are_in_kube_apiservers_words() {
        for (selector, message) in [
            (
                "!!!",
                "unable to parse requirement: found '!', expected: identifier",
            ),
            (
                "a b",
                "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
            ),
            (
                "a in b",
                "unable to parse requirement: found 'b' expected: '('",
            ),
            (
                "a in (b",
                "unable to parse requirement: found '', expected: ',' or ')'",
            ),
            ("a,", "found '', expected: identifier after ','"),
            (
                ",a",
                "found ',', expected: !, identifier, or 'end of string'",
            ),
            ("!a b", "found 'b', expected: ',' or 'end of string'"),
            (
                "a=(b)",
                "unable to parse requirement: found '(', expected: identifier",
            ),
        ] {
            assert_eq!(
                LabelSelector::parse(selector).unwrap_err(),
                message,
                "{selector}"
            );
        }
    }
}
