//! Owns the grammar of the subset of PromQL that the demo answers; see the module above. Text in, tree out: it
//! knows neither metrics nor values.

mod cursor;

use super::matcher::{Matcher, Selector, Test, anchored};
use super::over_time::Function;
use super::series::Labels;
pub(crate) use cursor::duration_ms;
use cursor::{Cursor, head};

/// An expression of the subset.
#[derive(Debug, Clone)]
pub(crate) enum Expr {
    /// The current value of the selected series.
    Selector(Selector),
    /// `m[5m]`: the samples of a range. Only a whole query is one.
    Range { of: Selector, range_ms: i64 },
    /// A function of a range.
    Over {
        function: Function,
        of: Selector,
        range_ms: i64,
    },
    /// One value for each group.
    Aggregate {
        op: Aggregation,
        grouping: Grouping,
        of: Box<Expr>,
    },
    /// The `count` series with the largest values, or the smallest.
    Top {
        count: usize,
        largest: bool,
        of: Box<Expr>,
    },
    /// The values that compare so with a number.
    Compare {
        sign: Comparison,
        with: f64,
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

/// What is one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Grouping {
    /// What agrees in these labels; without any, everything.
    By(Vec<String>),
    /// What agrees in all labels but these and the metric's name.
    Without(Vec<String>),
}

impl Grouping {
    /// The labels that a group keeps. A label that is missing groups as if it were not asked for, like the empty one.
    pub(crate) fn key(&self, labels: &Labels) -> Labels {
        labels
            .iter()
            .filter(|(label, _)| match self {
                Grouping::By(kept) => kept.contains(label),
                Grouping::Without(gone) => *label != "__name__" && !gone.contains(label),
            })
            .map(|(label, value)| (label.clone(), value.clone()))
            .collect()
    }
}

/// A comparison of values with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Longer ones first.
const COMPARISONS: [(&str, Comparison); 6] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];

impl Comparison {
    /// Whether a value compares so with a number.
    pub(crate) fn holds(self, value: f64, with: f64) -> bool {
        match self {
            Comparison::Equal => value == with,
            Comparison::NotEqual => value != with,
            Comparison::Less => value < with,
            Comparison::LessOrEqual => value <= with,
            Comparison::Greater => value > with,
            Comparison::GreaterOrEqual => value >= with,
        }
    }
}

/// Longer queries than this are no demo's.
const MAX_QUERY_BYTES: usize = 16 * 1024;
/// Aggregations in aggregations, at most so deep: the parser recurses.
const MAX_DEPTH: usize = 16;

const SUBSET: &str = "the demo's Prometheus answers a subset of PromQL: metric{label=\"x\"}, metric{…}[5m], \
                      rate|increase|sum|count|min|max|avg|last_over_time(metric{…}[5m]), \
                      sum|min|max|avg|count by|without (labels) (…), topk|bottomk(n, …) and comparisons with a number";

/// Reads a query; the error is the message for the client.
pub(crate) fn parse(query: &str) -> Result<Expr, String> {
    let mut parser = parser(query)?;
    let expr = parser.expr(0)?;
    parser.end()?;
    Ok(expr)
}

/// Reads a selector alone, as `match[]` takes it.
pub(crate) fn parse_selector(text: &str) -> Result<Selector, String> {
    let mut parser = parser(text)?;
    let name = parser.cursor.word();
    let selector = parser.selector(name)?;
    parser.end()?;
    Ok(selector)
}

fn parser(text: &str) -> Result<Parser<'_>, String> {
    if text.len() > MAX_QUERY_BYTES {
        let bytes = text.len();
        return Err(format!(
            "the query has {bytes} bytes, expected at most {MAX_QUERY_BYTES}"
        ));
    }
    Ok(Parser {
        cursor: Cursor::new(text),
    })
}

struct Parser<'a> {
    cursor: Cursor<'a>,
}

impl Parser<'_> {
    fn end(&mut self) -> Result<(), String> {
        self.cursor.space();
        match self.cursor.rest() {
            "" => Ok(()),
            rest => Err(self.cursor.fail(&format!("unexpected {:?}", head(rest)))),
        }
    }

    /// An expression and the comparisons after it.
    fn expr(&mut self, depth: usize) -> Result<Expr, String> {
        let mut expr = self.operand(depth)?;
        while let Some((_, sign)) = COMPARISONS
            .into_iter()
            .find(|(text, _)| self.cursor.sign(text))
        {
            expr = Expr::Compare {
                sign,
                with: self.cursor.number()?,
                of: Box::new(expr),
            };
        }
        Ok(expr)
    }

    fn operand(&mut self, depth: usize) -> Result<Expr, String> {
        if depth > MAX_DEPTH {
            return Err(self
                .cursor
                .fail(&format!("expressions nest deeper than {MAX_DEPTH}")));
        }
        if self.cursor.sign("(") {
            return self.inner(depth);
        }
        let start = self.cursor.place();
        let word = self.cursor.word();
        let op = match word {
            Some("sum") => Aggregation::Sum,
            Some("min") => Aggregation::Min,
            Some("max") => Aggregation::Max,
            Some("avg") => Aggregation::Avg,
            Some("count") => Aggregation::Count,
            Some(function @ ("topk" | "bottomk")) => {
                self.cursor.expect("(")?;
                let count = self.cursor.count()?;
                let of = Box::new(self.inner(depth)?);
                let largest = function == "topk";
                return Ok(Expr::Top { count, largest, of });
            }
            Some(name) => match Function::read(name) {
                Some(function) if self.cursor.sign("(") => return self.over(function),
                _ => return self.selection(Some(name), start),
            },
            None => return self.selection(None, start),
        };
        let before = self.grouping()?;
        self.cursor.expect("(")?;
        let of = Box::new(self.inner(depth)?);
        let grouping = match before {
            Some(grouping) => grouping,
            None => self.grouping()?.unwrap_or(Grouping::By(Vec::new())),
        };
        Ok(Expr::Aggregate { op, grouping, of })
    }

    /// An expression and the parenthesis that closes it.
    fn inner(&mut self, depth: usize) -> Result<Expr, String> {
        let inner = self.expr(depth.saturating_add(1))?;
        self.cursor.expect(")")?;
        Ok(inner)
    }

    /// The selector, the range and the parenthesis of a function.
    fn over(&mut self, function: Function) -> Result<Expr, String> {
        let name = self.cursor.word();
        let of = self.selector(name)?;
        self.cursor.expect("[")?;
        let range_ms = self.cursor.range()?;
        self.cursor.expect(")")?;
        Ok(Expr::Over {
            function,
            of,
            range_ms,
        })
    }

    /// A selector, and its range where one follows.
    fn selection(&mut self, name: Option<&str>, start: usize) -> Result<Expr, String> {
        let of = self.selector(name)?;
        if self.cursor.sign("[") {
            let range_ms = self.cursor.range()?;
            return Ok(Expr::Range { of, range_ms });
        }
        if self.cursor.sign("(") {
            self.cursor.back_to(start);
            return Err(self.cursor.fail("a function that is not served here"));
        }
        Ok(Expr::Selector(of))
    }

    /// `by (a, b)` or `without (a, b)`, if one comes next.
    fn grouping(&mut self) -> Result<Option<Grouping>, String> {
        let start = self.cursor.place();
        let by = match self.cursor.word() {
            None => return Ok(None),
            Some("by") => true,
            Some("without") => false,
            Some(other) => {
                self.cursor.back_to(start);
                let message = format!("expected `by` or `without`, found {other:?}");
                return Err(self.cursor.fail(&message));
            }
        };
        self.cursor.expect("(")?;
        let mut labels = Vec::new();
        while !self.cursor.sign(")") {
            labels.push(self.label()?);
            if !self.cursor.sign(",") {
                self.cursor.expect(")")?;
                break;
            }
        }
        Ok(Some(if by {
            Grouping::By(labels)
        } else {
            Grouping::Without(labels)
        }))
    }

    fn label(&mut self) -> Result<String, String> {
        let label = self.cursor.word().map(str::to_owned);
        label.ok_or_else(|| self.cursor.fail("expected the name of a label"))
    }

    fn selector(&mut self, name: Option<&str>) -> Result<Selector, String> {
        let mut matchers = Vec::new();
        if let Some(name) = name {
            matchers.push(Matcher {
                label: "__name__".to_owned(),
                test: Test::Equal(name.to_owned()),
            });
        }
        let braces = self.cursor.sign("{");
        if !braces && name.is_none() {
            let found = head(self.cursor.rest());
            return Err(self.cursor.fail(&format!(
                "expected a metric, a function or an aggregation, found {found:?}"
            )));
        }
        if braces {
            while !self.cursor.sign("}") {
                matchers.push(self.matcher()?);
                if !self.cursor.sign(",") {
                    self.cursor.expect("}")?;
                    break;
                }
            }
        }
        // Prometheus refuses selectors that every series would match.
        if matchers.iter().all(|matcher| matcher.test.passes("")) {
            let message = "vector selector must contain at least one non-empty matcher";
            return Err(self.cursor.fail(message));
        }
        Ok(Selector { matchers })
    }

    fn matcher(&mut self) -> Result<Matcher, String> {
        let label = self.label()?;
        let operator = ["=~", "!~", "!=", "="]
            .into_iter()
            .find(|operator| self.cursor.sign(operator));
        let operator = operator.ok_or_else(|| self.cursor.fail("expected =, !=, =~ or !~"))?;
        let value = self.cursor.string()?;
        let test = match operator {
            "=" => Test::Equal(value),
            "!=" => Test::NotEqual(value),
            "=~" => Test::Matches(self.pattern(&value)?),
            _ => Test::NotMatches(self.pattern(&value)?),
        };
        Ok(Matcher { label, test })
    }

    fn pattern(&self, pattern: &str) -> Result<regex::Regex, String> {
        anchored(pattern).ok_or_else(|| {
            self.cursor
                .fail(&format!("{pattern:?} is no regular expression"))
        })
    }
}

#[cfg(test)]
mod tests;
