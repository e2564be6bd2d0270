//! Expressions, the loose levels: `or`, `and`, `not`. Each level is written by hand; the levels below have their own files.

mod arithmetic;
mod compare;
mod postfix;

use super::basic::required;
use super::failure::Parse;
use super::input::Tokens;
use crate::ast::{Expr, ExprKind};

pub(crate) use postfix::{args, brackets, item, items};

/// An expression.
pub(crate) fn expr(input: Tokens<'_>) -> Parse<'_, Expr> {
    chain(input, "or", and, ExprKind::Or)
}

fn and(input: Tokens<'_>) -> Parse<'_, Expr> {
    chain(input, "and", not, ExprKind::And)
}

/// `operand {word operand}` as one node, however long: such lists are generated, and a tree of them would be too deep.
fn chain<'a>(
    input: Tokens<'a>,
    word: &str,
    operand: fn(Tokens<'a>) -> Parse<'a, Expr>,
    node: fn(Vec<Expr>) -> ExprKind,
) -> Parse<'a, Expr> {
    let (mut rest, first) = operand(input)?;
    if rest.word(0) != Some(word) {
        return Ok((rest, first));
    }
    let mut all = vec![first];
    while rest.word(0) == Some(word) {
        let (next, one) = required(operand, rest.skip(1))?;
        all.push(one);
        rest = next;
    }
    let span = input.span_until(rest);
    let kind = node(all);
    Ok((rest, Expr { kind, span }))
}

/// `{"not"} comparison`, without recursion.
fn not(input: Tokens<'_>) -> Parse<'_, Expr> {
    let mut inner = input;
    while inner.word(0) == Some("not") {
        inner = inner.skip(1);
    }
    let count = inner.start - input.start;
    if count == 0 {
        return compare::comparison(input);
    }
    let (rest, mut expr) = required(compare::comparison, inner)?;
    for index in (0..count).rev() {
        let span = input.skip(index).span_until(rest);
        let kind = ExprKind::Not(Box::new(expr));
        expr = Expr { kind, span };
    }
    Ok((rest, expr))
}
