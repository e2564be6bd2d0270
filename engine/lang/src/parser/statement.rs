//! `syntax`, `param` and `let`. Owns rule R1: whether a `let` holds a query or an expression.

use nom::Parser;
use nom::combinator::{cut, map};
use nom::error::ParseError;
use nom::sequence::preceded;

use super::basic::{named, optional_after, punct, required};
use super::failure::{Expected, Failure, Parse};
use super::input::Tokens;
use super::pipeline::{self, whole};
use super::ty::type_name;
use super::{Reports, expr, source};
use crate::ast::{Ident, Let, LetValue, Param, Query};
use crate::diagnostic::{Diagnostic, codes};
use crate::explain::Place;
use crate::token::{Kind, Punct};

/// The only edition there is.
const EDITION: u32 = 1;

/// `syntax INT`; the word has been seen.
pub(super) fn syntax(input: Tokens<'_>, reports: &mut Reports<'_>) -> Option<u32> {
    let rest = input.skip(1);
    match (rest.kind(0), rest.input_is_one()) {
        (Some(Kind::Int(edition)), true) if *edition == i64::from(EDITION) => Some(EDITION),
        (Some(Kind::Int(edition)), true) => {
            reports.push(
                Diagnostic::error(
                    codes::SYNTAX_EDITION,
                    format!("there is no edition {edition} of the syntax"),
                )
                .at(input.span_until(rest.skip(1)))
                .help(format!("this version knows `syntax {EDITION};`")),
            );
            None
        }
        _ => {
            let at = if matches!(rest.kind(0), Some(Kind::Int(_))) {
                rest.skip(1)
            } else {
                rest
            };
            let expected = if at.start == rest.start {
                Expected::Part("the number of an edition")
            } else {
                Expected::Punct(Punct::Semicolon)
            };
            reports.explain(Failure::new(at, expected), input, Place::Declaration);
            None
        }
    }
}

/// `param name: type [= expr]`.
pub(super) fn param(input: Tokens<'_>) -> Parse<'_, Param> {
    let (rest, name) = named(input.skip(1), "the name of the parameter")?;
    let (rest, ty) = cut(preceded(punct(Punct::Colon), type_name)).parse(rest)?;
    let (rest, default) = optional_after(punct(Punct::Assign), expr::expr)(rest)?;
    let span = input.span_until(rest);
    let param = Param {
        name,
        ty,
        default,
        span,
    };
    Ok((rest, param))
}

/// `let name = …`; the value is read segment by segment like the query itself.
pub(super) fn binding(input: Tokens<'_>, reports: &mut Reports<'_>) -> Option<Let> {
    let (value, name) = match required(let_name, input.skip(1)) {
        Ok(head) => head,
        Err(error) => {
            let failure = super::failure::failure_of(error, input);
            reports.explain(failure, input, Place::Declaration);
            return None;
        }
    };
    let value = if value.has_pipe() {
        recover_query(value, reports).map(LetValue::Query)
    } else {
        one_segment(value)
            .map_err(|failure| reports.explain(failure, value, Place::Let))
            .ok()
    }?;
    let span = input.span_until(input.skip(input.end));
    Some(Let { name, value, span })
}

fn let_name(input: Tokens<'_>) -> Parse<'_, Ident> {
    let (rest, name) = named(input, "the name of the binding")?;
    map(punct(Punct::Assign), |_| name.clone()).parse(rest)
}

/// A forgotten `;` makes the next line part of the binding. It shows in the first segment: a value ends, and something
/// else begins on a new line.
fn recover_query(value: Tokens<'_>, reports: &mut Reports<'_>) -> Option<Query> {
    if let Some(first) = value.split(Punct::Pipe).first()
        && whole(source::source, *first).is_err()
        && let Ok((rest, _)) = expr::expr(*first)
        && let Some(diagnostic) = crate::explain::semicolon_before(rest)
    {
        reports.push(diagnostic);
        return None;
    }
    pipeline::recover(value, reports)
}

/// Without a `|` it is a source if that consumes everything, else an expression. Of two failures the one that got further
/// is told.
fn one_segment(value: Tokens<'_>) -> Result<LetValue, Failure> {
    let as_source = match whole(source::source, value) {
        Ok(source) => {
            let span = value.span_until(value.skip(value.end));
            let ops = Vec::new();
            return Ok(LetValue::Query(Query { source, ops, span }));
        }
        Err(failure) => failure,
    };
    if source::keyword(value).is_some() {
        return Err(as_source);
    }
    whole(expr::expr, value)
        .map(LetValue::Expr)
        .map_err(|as_expr| {
            if as_source.index() == as_expr.index() {
                as_expr
            } else {
                as_source.or(as_expr)
            }
        })
}

impl Tokens<'_> {
    fn input_is_one(&self) -> bool {
        self.end == self.start + 1
    }
}
