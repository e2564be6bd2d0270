//! Comparisons: `==`, the word operators on text, `in`, `between`. Owns that they do not follow one another.

use nom::Parser;

use super::{arithmetic, expr};
use crate::ast::{CompareOp, Expr, ExprKind, InSet, TextOp};
use crate::diagnostic::{Diagnostic, codes};
use crate::parser::basic::{list, parenthesised, punct, required, word};
use crate::parser::failure::{Parse, refuse};
use crate::parser::input::Tokens;
use crate::parser::pipeline;
use crate::span::Span;
use crate::token::{Kind, Punct};

/// What stands between the two sides.
#[derive(Clone, Copy)]
enum Operator {
    Compare(CompareOp),
    Text(TextOp, bool),
    Matches,
    In,
    HasAny,
    Between,
}

pub(super) fn comparison(input: Tokens<'_>) -> Parse<'_, Expr> {
    let (rest, left) = arithmetic::additive(input)?;
    let Some((operator, negated)) = operator(rest) else {
        return Ok((rest, left));
    };
    let at = rest.first().map_or(rest.end_span(), |token| token.span);
    let (rest, kind) = right_side(operator, negated, left, rest.skip(1))?;
    let span = input.span_until(rest);
    not_chained(at, rest)?;
    Ok((rest, Expr { kind, span }))
}

/// The comparison operator at the start of `input`, and whether `!` stands before it.
fn operator(input: Tokens<'_>) -> Option<(Operator, bool)> {
    let (word, negated) = match input.kind(0)? {
        Kind::Punct(punct) => {
            let op = match punct {
                Punct::Eq => CompareOp::Eq,
                Punct::Ne => CompareOp::Ne,
                Punct::Lt => CompareOp::Lt,
                Punct::Le => CompareOp::Le,
                Punct::Gt => CompareOp::Gt,
                Punct::Ge => CompareOp::Ge,
                _ => return None,
            };
            return Some((Operator::Compare(op), false));
        }
        Kind::Word(word) => (*word, false),
        Kind::Negated(word) => (*word, true),
        _ => return None,
    };
    let operator = match word {
        "has" => Operator::Text(TextOp::Has, false),
        "has_cs" => Operator::Text(TextOp::Has, true),
        "contains" => Operator::Text(TextOp::Contains, false),
        "contains_cs" => Operator::Text(TextOp::Contains, true),
        "startswith" => Operator::Text(TextOp::StartsWith, false),
        "startswith_cs" => Operator::Text(TextOp::StartsWith, true),
        "endswith" => Operator::Text(TextOp::EndsWith, false),
        "endswith_cs" => Operator::Text(TextOp::EndsWith, true),
        "matches" => Operator::Matches,
        "in" => Operator::In,
        "has_any" => Operator::HasAny,
        "between" => Operator::Between,
        _ => return None,
    };
    Some((operator, negated))
}

fn right_side<'a>(
    operator: Operator,
    negated: bool,
    left: Expr,
    input: Tokens<'a>,
) -> Parse<'a, ExprKind> {
    match operator {
        Operator::Compare(op) => {
            let (rest, right) = required(arithmetic::additive, input)?;
            let (left, right) = (Box::new(left), Box::new(right));
            Ok((rest, ExprKind::Compare { op, left, right }))
        }
        Operator::Text(op, case_sensitive) => text(op, case_sensitive, negated, left, input),
        Operator::Matches => {
            let (rest, _) = required(|input| word("regex").parse(input), input)?;
            text(TextOp::MatchesRegex, true, negated, left, rest)
        }
        Operator::In | Operator::HasAny => {
            let (rest, set) = required(set, input)?;
            let value = Box::new(left);
            let kind = match operator {
                Operator::In => ExprKind::In {
                    negated,
                    value,
                    set,
                },
                _ => ExprKind::HasAny {
                    negated,
                    value,
                    set,
                },
            };
            Ok((rest, kind))
        }
        Operator::Between => {
            let (rest, (low, high)) = required(range, input)?;
            let kind = ExprKind::Between {
                negated,
                value: Box::new(left),
                low: Box::new(low),
                high: Box::new(high),
            };
            Ok((rest, kind))
        }
    }
}

fn text<'a>(
    op: TextOp,
    case_sensitive: bool,
    negated: bool,
    left: Expr,
    input: Tokens<'a>,
) -> Parse<'a, ExprKind> {
    let (rest, right) = required(arithmetic::additive, input)?;
    let kind = ExprKind::Text {
        op,
        case_sensitive,
        negated,
        left: Box::new(left),
        right: Box::new(right),
    };
    Ok((rest, kind))
}

/// `"(" (query | exprs) ")"`: a query exactly when a `|` stands directly inside (rule R2), so nothing is tried twice.
fn set(input: Tokens<'_>) -> Parse<'_, InSet> {
    if input.source.delimiters.holds_pipe(input.start) {
        let (rest, query) = parenthesised(pipeline::query).parse(input)?;
        return Ok((rest, InSet::Query(Box::new(query))));
    }
    let (rest, values) = parenthesised(list(expr)).parse(input)?;
    Ok((rest, InSet::Exprs(values)))
}

/// `"(" expr ".." expr ")"`.
fn range(input: Tokens<'_>) -> Parse<'_, (Expr, Expr)> {
    parenthesised(|input| {
        let (rest, low) = expr(input)?;
        let (rest, _) = punct(Punct::DotDot).parse(rest)?;
        let (rest, high) = expr(rest)?;
        Ok((rest, (low, high)))
    })
    .parse(input)
}

/// `a == b == c` has no meaning that everybody agrees on.
fn not_chained(
    first: Span,
    rest: Tokens<'_>,
) -> Result<(), nom::Err<crate::parser::failure::Failure>> {
    if operator(rest).is_none() {
        return Ok(());
    }
    let second = rest.first().map_or(rest.end_span(), |token| token.span);
    refuse(
        rest,
        Diagnostic::error(
            codes::CHAINED_COMPARISON,
            "comparisons do not follow one another",
        )
        .label(second, "a second comparison")
        .secondary(first, "the first")
        .help("join them with `and`: `a < b and b < c`, or use `between (a .. c)`"),
    )
    .map(|(_, ())| ())
}
