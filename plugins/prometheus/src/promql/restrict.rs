//! Owns the putting of one more matcher into every selector of an expression, which else stays as it was written; refuses texts in
//! which the selectors cannot be told.

use trawl_sdk::Error;

use super::lexer::{Kind, Token, tokens};
use crate::matcher::Matcher;
use crate::time::seconds;

/// Aggregations, which alone take `by` and `without` between their name and their parenthesis.
/// <https://prometheus.io/docs/prometheus/latest/querying/operators/#aggregation-operators>; the last ones are VictoriaMetrics'.
const GROUPINGS: [&str; 2] = ["by", "without"];

/// Words behind an operator that are followed by a list of labels.
const LISTS: [&str; 4] = ["on", "ignoring", "group_left", "group_right"];

/// The expression over the series that also satisfy `matcher`.
///
/// # Errors
/// `unsupported` for VictoriaMetrics' `WITH` templates, in which a name may stand for anything; `invalid-query` for a bracket that
/// is not closed.
pub(crate) fn restrict(promql: &str, matcher: &Matcher) -> Result<String, Error> {
    let tokens = tokens(promql);
    let mut walk = Walk {
        tokens: &tokens,
        at: 0,
        operand: true,
        matcher: matcher.to_string(),
        out: String::with_capacity(promql.len() + 64),
    };
    while let Some(token) = walk.peek() {
        walk.step(token)?;
    }
    Ok(walk.out)
}

struct Walk<'t> {
    tokens: &'t [Token<'t>],
    at: usize,
    /// Whether an operand is expected here, and not an operator.
    operand: bool,
    matcher: String,
    out: String,
}

impl<'t> Walk<'t> {
    fn peek(&self) -> Option<Token<'t>> {
        self.tokens.get(self.at).copied()
    }

    /// The next token that is no space, from `from` on, and where it is.
    fn significant(&self, from: usize) -> Option<(usize, Token<'t>)> {
        let rest = self.tokens.iter().enumerate().skip(from);
        rest.map(|(at, token)| (at, *token))
            .find(|(_, token)| token.kind != Kind::Space)
    }

    fn copy(&mut self) {
        if let Some(token) = self.peek() {
            self.out.push_str(token.text);
            self.at += 1;
        }
    }

    fn step(&mut self, token: Token<'t>) -> Result<(), Error> {
        match (token.kind, token.text) {
            (Kind::Space, _) => self.copy(),
            (Kind::Number | Kind::Text, _) => {
                self.copy();
                self.operand = false;
            }
            (Kind::Word, word) => self.word(word)?,
            (Kind::Sign, "{") => {
                self.braces()?;
                self.operand = false;
            }
            (Kind::Sign, "[") => {
                self.copy_to("]")?;
                self.operand = false;
            }
            (Kind::Sign, ")") => {
                self.copy();
                self.operand = false;
            }
            // An opening parenthesis, a comma, an operator, `@`: what follows is an operand.
            (Kind::Sign, _) => {
                self.copy();
                self.operand = true;
            }
        }
        Ok(())
    }

    fn word(&mut self, word: &str) -> Result<(), Error> {
        let lower = word.to_ascii_lowercase();
        let next = self.significant(self.at + 1);
        let opens = next.is_some_and(|(_, token)| token.is("("));
        let has_braces = next.is_some_and(|(_, token)| token.is("{"));
        if !self.operand {
            // `and`, `offset`, or a grouping behind its aggregation: `sum(x) by (a)`.
            self.copy();
            if GROUPINGS.contains(&lower.as_str()) && opens {
                self.skip_to_next()?;
                return Ok(());
            }
            self.operand = lower != "keep_metric_names";
            return Ok(());
        }
        if LISTS.contains(&lower.as_str()) && !has_braces {
            self.copy();
            if opens {
                self.skip_to_next()?;
            }
            return Ok(());
        }
        if lower == "with" && opens {
            return Err(Error::unsupported(
                "expected PromQL whose selectors can be told, got a WITH template, in which a name may stand for anything",
            )
            .with_hint("write the template out: this server holds several clusters, and each selector is given one of them"));
        }
        let groups = next.is_some_and(|(_, token)| {
            token.kind == Kind::Word
                && GROUPINGS.contains(&token.text.to_ascii_lowercase().as_str())
        });
        self.copy();
        match lower.as_str() {
            // A function or an aggregation; its parenthesis opens an operand.
            _ if opens => {}
            // The matchers themselves take the new one.
            _ if has_braces => {}
            "bool" => {}
            "inf" | "nan" => self.operand = false,
            _ if groups => {
                let behind = next.and_then(|(at, _)| self.significant(at + 1));
                // `sum by (a) (x)`; elsewhere `by` stands behind a metric of that name, which no server takes.
                self.skip_spaces();
                self.copy();
                if behind.is_some_and(|(_, token)| token.is("(")) {
                    self.skip_to_next()?;
                }
            }
            _ => {
                let matcher = format!("{{{}}}", self.matcher);
                self.out.push_str(&matcher);
                self.operand = false;
            }
        }
        Ok(())
    }

    fn skip_spaces(&mut self) {
        while self.peek().is_some_and(|token| token.kind == Kind::Space) {
            self.copy();
        }
    }

    /// Copies a list in parentheses, which is next.
    fn skip_to_next(&mut self) -> Result<(), Error> {
        self.skip_spaces();
        self.copy_to(")")
    }

    /// Copies everything up to and with a closing sign.
    fn copy_to(&mut self, closing: &str) -> Result<(), Error> {
        let opening = self.peek().map_or("(", |token| token.text);
        let mut depth = 0_usize;
        while let Some(token) = self.peek() {
            self.copy();
            if token.is(opening) {
                depth += 1;
            } else if token.is(closing) {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Ok(());
                }
            }
        }
        Err(unclosed(opening))
    }

    /// Copies matchers in braces with the new one in front. VictoriaMetrics' `or` in them begins another set, which needs it too.
    fn braces(&mut self) -> Result<(), Error> {
        self.copy();
        let front = format!("{},", self.matcher);
        self.out.push_str(&front);
        while let Some(token) = self.peek() {
            let next = self.significant(self.at + 1);
            self.copy();
            if token.is("}") {
                return Ok(());
            }
            let compared = next.is_some_and(|(_, token)| {
                ["=", "!=", "=~", "!~"].iter().any(|sign| token.is(sign))
            });
            if token.kind == Kind::Word && token.text.eq_ignore_ascii_case("or") && !compared {
                self.out.push(' ');
                self.out.push_str(&front);
            }
        }
        Err(unclosed("{"))
    }
}

fn unclosed(opening: &str) -> Error {
    Error::invalid_query(format!(
        "expected PromQL with every bracket closed, got a `{opening}` without its end"
    ))
}

/// The expression with `start()` and `end()` behind `@` as the times that they are: a range that is asked for in parts has other
/// ones in each.
pub(crate) fn fix_bounds(promql: &str, start_ms: i64, end_ms: i64) -> String {
    let tokens = tokens(promql);
    let solid: Vec<usize> = (0..tokens.len())
        .filter(|at| tokens.get(*at).is_some_and(|it| it.kind != Kind::Space))
        .collect();
    let mut texts: Vec<String> = tokens.iter().map(|it| it.text.to_owned()).collect();
    for window in solid.windows(4) {
        let [sign, word, open, close] = window else {
            continue;
        };
        let token = |at: &usize| tokens.get(*at);
        let is = |at, sign| token(at).is_some_and(|it: &Token<'_>| it.is(sign));
        if !(is(sign, "@") && is(open, "(") && is(close, ")")) {
            continue;
        }
        let at = match token(word).map(|it| it.text) {
            Some("start") => start_ms,
            Some("end") => end_ms,
            _ => continue,
        };
        for (index, text) in [
            (word, seconds(at)),
            (open, String::new()),
            (close, String::new()),
        ] {
            if let Some(place) = texts.get_mut(*index) {
                *place = text;
            }
        }
    }
    texts.concat()
}

#[cfg(test)]
mod tests;
