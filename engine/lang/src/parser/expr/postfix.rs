//! The tight levels: fields, indices, calls, literals, brackets; and the items and arguments that hold expressions.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{cut, map, opt};
use nom::sequence::delimited;

use super::expr;
use crate::ast::{Arg, Expr, ExprKind, Item, Literal};
use crate::explain::left_out;
use crate::parser::basic::{field, list, name_equals, new_ident, parenthesised, punct, required};
use crate::parser::failure::{Expected, Parse, fail, refuse};
use crate::parser::input::Tokens;
use crate::token::{Kind, Punct};
use crate::words;

/// `item {"," item}`.
pub(crate) fn items(input: Tokens<'_>) -> Parse<'_, Vec<Item>> {
    list(item)(input)
}

/// `[name "="] expr`.
pub(crate) fn item(input: Tokens<'_>) -> Parse<'_, Item> {
    let (rest, name) = opt(name_equals).parse(input)?;
    let (rest, expr) = match name {
        Some(_) => required(expr, rest)?,
        None => expr(rest)?,
    };
    Ok((rest, Item { name, expr }))
}

/// `"(" [arg {"," arg}] ")"`.
pub(crate) fn args(input: Tokens<'_>) -> Parse<'_, Vec<Arg>> {
    if let (Some(Punct::LeftParen), Some(Punct::RightParen)) = (input.punct(0), input.punct(1)) {
        return Ok((input.skip(2), Vec::new()));
    }
    parenthesised(list(arg))(input)
}

fn arg(input: Tokens<'_>) -> Parse<'_, Arg> {
    alt((map(punct(Punct::Star), Arg::Star), map(item, Arg::Item))).parse(input)
}

pub(super) fn postfix(input: Tokens<'_>) -> Parse<'_, Expr> {
    let (mut rest, mut base) = primary(input)?;
    loop {
        let (next, kind) = match rest.punct(0) {
            Some(Punct::Dot) => {
                let (next, name) = required(field, rest.skip(1))?;
                let base = Box::new(base);
                (next, ExprKind::Field { base, name })
            }
            Some(Punct::LeftBracket) => index(base, rest)?,
            _ => return Ok((rest, base)),
        };
        let span = input.span_until(next);
        base = Expr { kind, span };
        rest = next;
    }
}

/// `"[" (expr | "*") "]"` after `base`.
fn index(base: Expr, input: Tokens<'_>) -> Parse<'_, ExprKind> {
    let base = Box::new(base);
    if let (Some(Punct::Star), Some(Punct::RightBracket)) = (input.punct(1), input.punct(2)) {
        return Ok((input.skip(3), ExprKind::Every(base)));
    }
    let (rest, index) = delimited(
        punct(Punct::LeftBracket),
        cut(expr),
        cut(punct(Punct::RightBracket)),
    )
    .parse(input)?;
    let index = Box::new(index);
    Ok((rest, ExprKind::Index { base, index }))
}

fn primary(input: Tokens<'_>) -> Parse<'_, Expr> {
    match input.kind(0) {
        Some(Kind::Punct(Punct::LeftParen)) => group(input),
        Some(Kind::Punct(Punct::LeftBracket)) => list_literal(input),
        Some(Kind::Word(word)) if !words::is_reserved(word) => name(word, input),
        Some(Kind::Quoted(word)) => name(word, input),
        Some(kind) => match atom(kind) {
            Some(kind) => Ok(at_first(input, kind)),
            None => fail(input, Expected::Part("an expression")),
        },
        None => fail(input, Expected::Part("an expression")),
    }
}

/// A literal or a variable: one token.
fn atom(kind: &Kind<'_>) -> Option<ExprKind> {
    let literal = match kind {
        Kind::Var(name) => return Some(ExprKind::Var((*name).to_owned())),
        Kind::Side(side) => return Some(ExprKind::Side(*side)),
        Kind::Word("true") => Literal::Bool(true),
        Kind::Word("false") => Literal::Bool(false),
        Kind::Word("null") => Literal::Null,
        Kind::Int(value) => Literal::Int(*value),
        Kind::Real(value) => Literal::Real(*value),
        Kind::Duration(nanoseconds) => Literal::Duration(*nanoseconds),
        Kind::Size(bytes) => Literal::Size(*bytes),
        Kind::String(text) => Literal::String(text.clone()),
        Kind::Datetime(nanoseconds) => Literal::Datetime(*nanoseconds),
        _ => return None,
    };
    Some(ExprKind::Literal(literal))
}

fn at_first(input: Tokens<'_>, kind: ExprKind) -> (Tokens<'_>, Expr) {
    let rest = input.skip(1);
    let span = input.span_until(rest);
    (rest, Expr { kind, span })
}

/// A bare name, or a call when a parenthesis follows.
fn name<'a>(name: &str, input: Tokens<'a>) -> Parse<'a, Expr> {
    if input.punct(1) != Some(Punct::LeftParen) {
        return Ok(at_first(input, ExprKind::Name(name.to_owned())));
    }
    let span = input.span_until(input.skip(1));
    if let Some(diagnostic) = left_out::function(name, span) {
        return refuse(input, diagnostic);
    }
    let name = new_ident(name, span);
    let (rest, args) = args(input.skip(1))?;
    let span = input.span_until(rest);
    let kind = ExprKind::Call { name, args };
    Ok((rest, Expr { kind, span }))
}

/// `"(" expr ")"`: the expression itself, whose place includes the brackets.
fn group(input: Tokens<'_>) -> Parse<'_, Expr> {
    if input.source.delimiters.holds_pipe(input.start) {
        return refuse(input, left_out::query_as_value(input));
    }
    let (rest, inner) = parenthesised(expr)(input)?;
    let span = input.span_until(rest);
    Ok((rest, Expr { span, ..inner }))
}

fn list_literal(input: Tokens<'_>) -> Parse<'_, Expr> {
    let (rest, all) = brackets(input)?;
    let span = input.span_until(rest);
    let kind = ExprKind::List(all);
    Ok((rest, Expr { kind, span }))
}

/// `"[" [exprs] "]"`.
pub(crate) fn brackets(input: Tokens<'_>) -> Parse<'_, Vec<Expr>> {
    if let (Some(Punct::LeftBracket), Some(Punct::RightBracket)) = (input.punct(0), input.punct(1))
    {
        return Ok((input.skip(2), Vec::new()));
    }
    delimited(
        punct(Punct::LeftBracket),
        cut(list(expr)),
        cut(punct(Punct::RightBracket)),
    )
    .parse(input)
}
