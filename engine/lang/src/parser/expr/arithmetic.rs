//! `+ - * / %` and the minus sign. Loops, not recursion: the length of a chain is limited by the pass over brackets.

use super::postfix;
use crate::ast::{ArithmeticOp, Expr, ExprKind};
use crate::parser::basic::required;
use crate::parser::failure::Parse;
use crate::parser::input::Tokens;
use crate::token::Punct;

pub(super) fn additive(input: Tokens<'_>) -> Parse<'_, Expr> {
    left_associative(input, multiplicative, |punct| match punct {
        Punct::Plus => Some(ArithmeticOp::Add),
        Punct::Minus => Some(ArithmeticOp::Sub),
        _ => None,
    })
}

fn multiplicative(input: Tokens<'_>) -> Parse<'_, Expr> {
    left_associative(input, unary, |punct| match punct {
        Punct::Star => Some(ArithmeticOp::Mul),
        Punct::Slash => Some(ArithmeticOp::Div),
        Punct::Percent => Some(ArithmeticOp::Mod),
        _ => None,
    })
}

fn left_associative<'a>(
    input: Tokens<'a>,
    operand: fn(Tokens<'a>) -> Parse<'a, Expr>,
    operator: fn(Punct) -> Option<ArithmeticOp>,
) -> Parse<'a, Expr> {
    let (mut rest, mut left) = operand(input)?;
    while let Some(op) = rest.punct(0).and_then(operator) {
        let (next, right) = required(operand, rest.skip(1))?;
        let span = input.span_until(next);
        let kind = ExprKind::Arithmetic {
            op,
            left: Box::new(left),
            right: Box::new(right),
        };
        left = Expr { kind, span };
        rest = next;
    }
    Ok((rest, left))
}

fn unary(input: Tokens<'_>) -> Parse<'_, Expr> {
    let mut inner = input;
    while inner.punct(0) == Some(Punct::Minus) {
        inner = inner.skip(1);
    }
    let count = inner.start - input.start;
    if count == 0 {
        return postfix::postfix(input);
    }
    let (rest, mut expr) = required(postfix::postfix, inner)?;
    for index in (0..count).rev() {
        let span = input.skip(index).span_until(rest);
        let kind = ExprKind::Neg(Box::new(expr));
        expr = Expr { kind, span };
    }
    Ok((rest, expr))
}
