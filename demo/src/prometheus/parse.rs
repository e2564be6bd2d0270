//! Owns the grammar of the subset of PromQL that the demo answers; see the module above. Text in, tree out: it
//! knows neither metrics nor values.

use super::matcher::{Matcher, Selector, Test, anchored};

/// An expression of the subset.
#[derive(Debug, Clone)]
pub(crate) enum Expr {
    /// The current value of the selected series.
    Selector(Selector),
    /// The increase a second of the selected counters, over a range that must be valid and changes nothing here.
    Rate(Selector),
    /// One value for each group; `None` groups everything into one.
    Aggregate {
        op: Aggregation,
        by: Vec<String>,
        of: Box<Expr>,
    },
    /// The `count` series with the largest values, or the smallest.
    Top {
        count: usize,
        largest: bool,
        of: Box<Expr>,
    },
}

/// How a group becomes one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aggregation {
    Sum,
    Min,
    Max,
    Avg,
    Count,
}

/// Longer queries than this are no demo's.
const MAX_QUERY_BYTES: usize = 16 * 1024;
/// Aggregations in aggregations, at most so deep: the parser recurses.
const MAX_DEPTH: usize = 16;

const SUBSET: &str = "the demo's Prometheus answers a subset of PromQL: metric{label=\"x\"}, rate(metric{…}[5m]), \
                      sum|min|max|avg|count by (labels) (…) and topk|bottomk(n, …)";

/// Reads a query; the error is the message for the client.
pub(crate) fn parse(query: &str) -> Result<Expr, String> {
    if query.len() > MAX_QUERY_BYTES {
        return Err(format!(
            "the query has {} bytes, expected at most {MAX_QUERY_BYTES}",
            query.len()
        ));
    }
    let mut parser = Parser { text: query, at: 0 };
    let expr = parser.expr(0)?;
    parser.space();
    match parser.rest() {
        "" => Ok(expr),
        rest => Err(parser.fail(&format!("unexpected {:?}", head(rest)))),
    }
}

fn head(text: &str) -> String {
    text.chars().take(12).collect()
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn fail(&self, what: &str) -> String {
        let column = self
            .text
            .get(..self.at)
            .unwrap_or_default()
            .chars()
            .count()
            .saturating_add(1);
        format!("1:{column}: parse error: {what}; {SUBSET}")
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at = self
            .at
            .saturating_add(rest.len().saturating_sub(rest.trim_start().len()));
    }

    /// Takes a sign if it comes next.
    fn sign(&mut self, sign: &str) -> bool {
        self.space();
        let found = self.rest().starts_with(sign);
        if found {
            self.at = self.at.saturating_add(sign.len());
        }
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.sign(sign) {
            return Ok(());
        }
        let found = match head(self.rest()) {
            end if end.is_empty() => "the end of the query".to_owned(),
            other => format!("{other:?}"),
        };
        Err(self.fail(&format!("expected {sign:?}, found {found}")))
    }

    /// Takes a name: of a metric (which may contain colons), a label, a function.
    fn word(&mut self) -> Option<&'a str> {
        self.space();
        let rest = self.rest();
        let first = rest.chars().next()?;
        if !(first.is_ascii_alphabetic() || first == '_' || first == ':') {
            return None;
        }
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'))
            .unwrap_or(rest.len());
        self.at = self.at.saturating_add(end);
        rest.get(..end)
    }

    fn expr(&mut self, depth: usize) -> Result<Expr, String> {
        if depth > MAX_DEPTH {
            return Err(self.fail(&format!("expressions nest deeper than {MAX_DEPTH}")));
        }
        if self.sign("(") {
            let inner = self.expr(depth.saturating_add(1))?;
            self.expect(")")?;
            return Ok(inner);
        }
        let start = self.at;
        let word = self.word();
        let op = match word {
            Some("sum") => Aggregation::Sum,
            Some("min") => Aggregation::Min,
            Some("max") => Aggregation::Max,
            Some("avg") => Aggregation::Avg,
            Some("count") => Aggregation::Count,
            Some(function @ ("topk" | "bottomk")) => return self.top(function == "topk", depth),
            Some("rate") if self.sign("(") => {
                let name = self.word();
                let selector = self.selector(name)?;
                self.range()?;
                self.expect(")")?;
                return Ok(Expr::Rate(selector));
            }
            other => {
                let selector = self.selector(other)?;
                if self.sign("[") || self.sign("(") {
                    self.at = start;
                    return Err(self.fail("a function or a range that is not served here"));
                }
                return Ok(Expr::Selector(selector));
            }
        };
        let before = self.by()?;
        self.expect("(")?;
        let of = Box::new(self.expr(depth.saturating_add(1))?);
        self.expect(")")?;
        let by = match before {
            Some(by) => by,
            None => self.by()?.unwrap_or_default(),
        };
        Ok(Expr::Aggregate { op, by, of })
    }

    fn top(&mut self, largest: bool, depth: usize) -> Result<Expr, String> {
        self.expect("(")?;
        self.space();
        let digits: String = self
            .rest()
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        let count = digits
            .parse()
            .map_err(|_| self.fail("expected a whole number of series"))?;
        self.at = self.at.saturating_add(digits.len());
        self.expect(",")?;
        let of = Box::new(self.expr(depth.saturating_add(1))?);
        self.expect(")")?;
        Ok(Expr::Top { count, largest, of })
    }

    /// `by (a, b)`, if it comes next.
    fn by(&mut self) -> Result<Option<Vec<String>>, String> {
        let start = self.at;
        match self.word() {
            None => return Ok(None),
            Some("by") => {}
            Some(other) => {
                self.at = start;
                return Err(self.fail(&format!("expected `by`, found {other:?}")));
            }
        }
        self.expect("(")?;
        let mut labels = Vec::new();
        while !self.sign(")") {
            let label = self
                .word()
                .ok_or_else(|| self.fail("expected the name of a label"))?;
            labels.push(label.to_owned());
            if !self.sign(",") {
                self.expect(")")?;
                break;
            }
        }
        Ok(Some(labels))
    }

    fn selector(&mut self, name: Option<&str>) -> Result<Selector, String> {
        let mut matchers = Vec::new();
        if let Some(name) = name {
            matchers.push(Matcher {
                label: "__name__".to_owned(),
                test: Test::Equal(name.to_owned()),
            });
        }
        let braces = self.sign("{");
        if !braces && name.is_none() {
            let found = head(self.rest());
            return Err(self.fail(&format!(
                "expected a metric, a function or an aggregation, found {found:?}"
            )));
        }
        if braces {
            while !self.sign("}") {
                matchers.push(self.matcher()?);
                if !self.sign(",") {
                    self.expect("}")?;
                    break;
                }
            }
        }
        // Prometheus refuses selectors that every series would match.
        if matchers.iter().all(|matcher| matcher.test.passes("")) {
            return Err(self.fail("vector selector must contain at least one non-empty matcher"));
        }
        Ok(Selector { matchers })
    }

    fn matcher(&mut self) -> Result<Matcher, String> {
        let label = self
            .word()
            .ok_or_else(|| self.fail("expected the name of a label"))?
            .to_owned();
        let operator = ["=~", "!~", "!=", "="]
            .into_iter()
            .find(|operator| self.sign(operator));
        let operator = operator.ok_or_else(|| self.fail("expected =, !=, =~ or !~"))?;
        let value = self.string()?;
        let test = match operator {
            "=" => Test::Equal(value),
            "!=" => Test::NotEqual(value),
            "=~" => Test::Matches(self.pattern(&value)?),
            _ => Test::NotMatches(self.pattern(&value)?),
        };
        Ok(Matcher { label, test })
    }

    fn pattern(&self, pattern: &str) -> Result<regex::Regex, String> {
        anchored(pattern).ok_or_else(|| self.fail(&format!("{pattern:?} is no regular expression")))
    }

    /// A string in double or single quotes with Go's escapes, or in backquotes without.
    fn string(&mut self) -> Result<String, String> {
        self.space();
        let rest = self.rest();
        let mut chars = rest.char_indices();
        let quote = match chars.next() {
            Some((_, quote @ ('"' | '\'' | '`'))) => quote,
            _ => return Err(self.fail("expected a quoted string")),
        };
        let mut value = String::new();
        while let Some((index, c)) = chars.next() {
            match c {
                c if c == quote => {
                    self.at = self.at.saturating_add(index).saturating_add(1);
                    return Ok(value);
                }
                '\\' if quote != '`' => {
                    match chars.next() {
                        Some((_, 'n')) => value.push('\n'),
                        Some((_, 't')) => value.push('\t'),
                        Some((_, escaped @ ('\\' | '"' | '\''))) => value.push(escaped),
                        _ => return Err(self.fail(
                            "an escape that is not served here, expected \\\\ \\\" \\' \\n or \\t",
                        )),
                    }
                }
                c => value.push(c),
            }
        }
        Err(self.fail("the string does not end"))
    }

    /// `[5m]`: parts of a number and a unit, the whole greater than zero.
    fn range(&mut self) -> Result<(), String> {
        self.expect("[")?;
        let rest = self.rest();
        let Some(end) = rest.find(']') else {
            return Err(self.fail("the range does not end"));
        };
        let text = rest.get(..end).unwrap_or_default().trim();
        if !is_duration(text) {
            return Err(self.fail(&format!(
                "{text:?} is no duration, expected one like 5m or 1h30m"
            )));
        }
        self.at = self.at.saturating_add(end).saturating_add(1);
        Ok(())
    }
}

fn is_duration(text: &str) -> bool {
    let (mut rest, mut positive) = (text, false);
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let Some(unit) = ["ms", "s", "m", "h", "d", "w", "y"]
            .into_iter()
            .find(|unit| after.starts_with(unit))
        else {
            return false;
        };
        match number.parse::<u64>() {
            Ok(number) => positive |= number > 0,
            Err(_) => return false,
        }
        rest = after.get(unit.len()..).unwrap_or_default();
    }
    positive
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subset_is_read() {
        for query in [
            "up",
            " up { } ",
            r#"up{job="kubelet",instance!="x",node=~"ip-.*",node!~'a|b',}"#,
            r#"{__name__="up"}"#,
            "rate(container_cpu_usage_seconds_total[5m])",
            r#"rate(container_cpu_usage_seconds_total{namespace="a"}[1h30m])"#,
            "sum(up)",
            "sum by (namespace, pod) (rate(container_cpu_usage_seconds_total[5m]))",
            "sum(up) by (node)",
            "avg by () (up)",
            "topk(10, sum by (pod) (rate(container_cpu_usage_seconds_total[5m])))",
            "count((up))",
            "rate",
            r#"up{x="a\"b\\"}"#,
        ] {
            parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
        }
    }

    #[test]
    fn everything_else_is_refused_with_its_column_and_the_subset() {
        for (query, needle) in [
            ("", "expected a metric"),
            ("1 + 1", "1:1: parse error"),
            ("up + up", "1:4: parse error: unexpected \"+ up\""),
            ("up[5m]", "not served"),
            (
                "histogram_quantile(0.9, up)",
                "1:1: parse error: a function or a range",
            ),
            ("rate(up)", "expected \"[\""),
            ("rate(up[0s])", "no duration"),
            ("rate(up[5])", "no duration"),
            ("sum without (a) (up)", "expected `by`"),
            ("sum by (a (up)", "expected \")\""),
            ("{}", "at least one non-empty matcher"),
            (r#"{a=~".*"}"#, "at least one non-empty matcher"),
            (r#"up{a=~"("}"#, "is no regular expression"),
            (r#"up{a="b}"#, "does not end"),
            (r#"up{a=b}"#, "expected a quoted string"),
            ("topk(x, up)", "expected a whole number"),
            ("up offset 5m", "unexpected"),
        ] {
            let error = parse(query).unwrap_err();
            assert!(
                error.contains(needle) && error.contains("answers a subset"),
                "{query}: {error}"
            );
        }
        assert!(parse(&"(".repeat(100)).unwrap_err().contains("nest deeper"));
        assert!(
            parse(&"a".repeat(20_000))
                .unwrap_err()
                .contains("at most 16384")
        );
    }
}
