//! `make-series serie {"," serie} on … from … to … step … [by]`.

use nom::Parser;
use nom::combinator::{map, opt};
use nom::sequence::{pair, preceded};

use super::summarize::by;
use crate::ast::{Expr, OpKind, Serie};
use crate::parser::basic::{list, optional_after, punct, word};
use crate::parser::expr::{expr, item};
use crate::parser::failure::Parse;
use crate::parser::input::Tokens;
use crate::token::Punct;

pub(super) fn parse(input: Tokens<'_>) -> Parse<'_, OpKind> {
    let (rest, series) = list(serie)(input)?;
    let (rest, on) = clause("on", rest)?;
    let (rest, from) = clause("from", rest)?;
    let (rest, to) = clause("to", rest)?;
    let (rest, step) = clause("step", rest)?;
    let (rest, by) = opt(by).parse(rest)?;
    let by = by.unwrap_or_default();
    let kind = OpKind::MakeSeries {
        series,
        on,
        from,
        to,
        step,
        by,
    };
    Ok((rest, kind))
}

fn clause<'a>(name: &'static str, input: Tokens<'a>) -> Parse<'a, Expr> {
    preceded(word(name), expr).parse(input)
}

/// `item ["default" "=" expr]`.
fn serie(input: Tokens<'_>) -> Parse<'_, Serie> {
    let default = optional_after(pair(word("default"), punct(Punct::Assign)), expr);
    map(pair(item, default), |(item, default)| Serie {
        item,
        default,
    })
    .parse(input)
}
