//! Owns the reading of a request's filters as simple predicates, and what a remote API can take of them; refuses to know an API.
//!
//! [`predicates`] gives each condition as one column against constants. [`Pushdown`] keeps the books of which are taken, and takes
//! them as what a source has words for: [`Texts`] and [`TimeRange`] hold conditions for code that checks them itself, a
//! [`Parameter`] makes them parameters of a request and says how exactly the remote's answer keeps to them.

pub mod matcher;
mod parameter;
mod pushdown;
mod range;
pub mod re2;
mod texts;

pub use parameter::{Parameter, Unit};
pub use pushdown::Pushdown;
pub use range::{TimeRange, is_timestamp};
pub use texts::Texts;

use crate::types::{Column, CompareOp, Expr, Literal, ScanRequest, TextOp};

/// One column against constants: the forms that a remote API can usually take.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicate<'r> {
    /// The column or path.
    pub column: &'r Column,
    /// What is asked of it.
    pub test: Test<'r>,
}

/// What a [`Predicate`] asks. Every test is two-valued, as in the language: null is never equal and always unequal.
#[derive(Debug, Clone, PartialEq)]
pub enum Test<'r> {
    /// `column op literal`.
    Compare(CompareOp, &'r Literal),
    /// `column in (…)`, or not in.
    In {
        /// The constants.
        items: Vec<&'r Literal>,
        /// Whether it is `not in`.
        negated: bool,
    },
    /// A string operator.
    Text {
        /// Which one.
        op: TextOp,
        /// The text looked for.
        pattern: &'r str,
        /// Whether letters' case is ignored.
        ignore_case: bool,
        /// Whether it is negated.
        negated: bool,
    },
    /// The column has no value.
    IsNull,
    /// The column has a value.
    IsNotNull,
}

/// How deep `not` and `or` are followed; deeper expressions are left to the host.
const MAX_DEPTH: usize = 16;

/// One entry for each root of the request's filters: the predicate, or none when it has no simple form.
pub fn predicates(request: &ScanRequest) -> Vec<Option<Predicate<'_>>> {
    request
        .filters
        .roots
        .iter()
        .map(|root| predicate(request, *root, MAX_DEPTH))
        .collect()
}

fn node(request: &ScanRequest, index: u32) -> Option<&Expr> {
    request.filters.nodes.get(usize::try_from(index).ok()?)
}

fn column(request: &ScanRequest, index: u32) -> Option<&Column> {
    match node(request, index)? {
        Expr::ColumnRef(at) => request.refs.get(usize::try_from(*at).ok()?),
        _ => None,
    }
}

fn literal(request: &ScanRequest, index: u32) -> Option<&Literal> {
    match node(request, index)? {
        Expr::Value(literal) => Some(literal),
        _ => None,
    }
}

fn predicate(request: &ScanRequest, root: u32, depth: usize) -> Option<Predicate<'_>> {
    let depth = depth.checked_sub(1)?;
    match node(request, root)? {
        Expr::Compare(compare) => {
            let straight = column(request, compare.left).zip(literal(request, compare.right));
            let flipped = || column(request, compare.right).zip(literal(request, compare.left));
            let (op, (column, literal)) = match straight {
                Some(found) => (compare.op, found),
                None => (flip(compare.op), flipped()?),
            };
            let test = match (op, literal) {
                (CompareOp::Eq, Literal::Null) => Test::IsNull,
                (CompareOp::Ne, Literal::Null) => Test::IsNotNull,
                _ => Test::Compare(op, literal),
            };
            Some(Predicate { column, test })
        }
        Expr::InSet(set) => Some(Predicate {
            column: column(request, set.value)?,
            test: Test::In {
                items: set.items.iter().collect(),
                negated: set.negated,
            },
        }),
        Expr::TextMatch(text) => Some(Predicate {
            column: column(request, text.value)?,
            test: Test::Text {
                op: text.op,
                pattern: &text.pattern,
                ignore_case: text.ignore_case,
                negated: text.negated,
            },
        }),
        Expr::IsNull(value) => Some(Predicate {
            column: column(request, *value)?,
            test: Test::IsNull,
        }),
        Expr::IsNotNull(value) => Some(Predicate {
            column: column(request, *value)?,
            test: Test::IsNotNull,
        }),
        Expr::Negate(inner) => negate(predicate(request, *inner, depth)?),
        Expr::AllOf(parts) => match parts.as_slice() {
            [only] => predicate(request, *only, depth),
            _ => None,
        },
        Expr::AnyOf(parts) => any_of(request, parts, depth),
        // A boolean column by itself, as in `where spec.hostNetwork`.
        Expr::ColumnRef(_) => Some(Predicate {
            column: column(request, root)?,
            test: Test::Compare(CompareOp::Eq, &Literal::Boolean(true)),
        }),
        Expr::Value(_) => None,
    }
}

fn flip(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Eq => CompareOp::Eq,
        CompareOp::Ne => CompareOp::Ne,
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::Le => CompareOp::Ge,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::Ge => CompareOp::Le,
    }
}

/// The exact complement. The order comparisons have none: with null both `a < b` and `a >= b` are false.
fn negate(mut predicate: Predicate<'_>) -> Option<Predicate<'_>> {
    predicate.test = match predicate.test {
        Test::Compare(CompareOp::Eq, literal) => Test::Compare(CompareOp::Ne, literal),
        Test::Compare(CompareOp::Ne, literal) => Test::Compare(CompareOp::Eq, literal),
        Test::Compare(..) => return None,
        Test::In { items, negated } => Test::In {
            items,
            negated: !negated,
        },
        Test::Text {
            op,
            pattern,
            ignore_case,
            negated,
        } => Test::Text {
            op,
            pattern,
            ignore_case,
            negated: !negated,
        },
        Test::IsNull => Test::IsNotNull,
        Test::IsNotNull => Test::IsNull,
    };
    Some(predicate)
}

/// `a == 1 or a == 2` is `a in (1, 2)`.
fn any_of<'r>(request: &'r ScanRequest, parts: &[u32], depth: usize) -> Option<Predicate<'r>> {
    let mut column = None;
    let mut all = Vec::new();
    for part in parts {
        let found = predicate(request, *part, depth)?;
        if **column.get_or_insert(found.column) != *found.column {
            return None;
        }
        match found.test {
            Test::Compare(CompareOp::Eq, literal) => all.push(literal),
            Test::In {
                items,
                negated: false,
            } => all.extend(items),
            _ => return None,
        }
    }
    Some(Predicate {
        column: column?,
        test: Test::In {
            items: all,
            negated: false,
        },
    })
}

/// The text of a literal; none for other kinds.
pub fn text(literal: &Literal) -> Option<&str> {
    match literal {
        Literal::Utf8(text) => Some(text),
        _ => None,
    }
}

/// The truth value that a boolean column must have; none for a predicate of another form.
pub fn truth(predicate: &Predicate<'_>) -> Option<bool> {
    match predicate.test {
        Test::Compare(CompareOp::Eq, Literal::Boolean(value)) => Some(*value),
        Test::Compare(CompareOp::Ne, Literal::Boolean(value)) => Some(!*value),
        _ => None,
    }
}

/// The texts of all literals; none when one is of another kind.
pub fn texts<'r>(literals: &[&'r Literal]) -> Option<Vec<&'r str>> {
    literals.iter().map(|literal| text(literal)).collect()
}

#[cfg(test)]
mod tests;
