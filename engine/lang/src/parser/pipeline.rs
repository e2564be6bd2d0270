//! `source | op | op …`. Owns both ways to read it: nested in brackets, where the first mistake ends it, and at the top,
//! where each segment is read by itself so that one parse tells of many mistakes.

use nom::Parser;
use nom::combinator::cut;
use nom::multi::many0;
use nom::sequence::preceded;

use super::basic::punct;
use super::failure::{Expected, Failure, Parse, failure_of};
use super::input::Tokens;
use super::{Reports, op, source};
use crate::ast::{Op, Query, Source};
use crate::explain::Place;
use crate::token::Punct;

/// A query inside brackets.
pub(crate) fn query(input: Tokens<'_>) -> Parse<'_, Query> {
    let (rest, source) = source::source(input)?;
    let (rest, ops) = many0(preceded(punct(Punct::Pipe), cut(op::op))).parse(rest)?;
    let span = input.span_until(rest);
    Ok((rest, Query { source, ops, span }))
}

/// A query that fills `input`, segment by segment. Operators that cannot be read are reported and left out; without a
/// source there is no query.
pub(super) fn recover(input: Tokens<'_>, reports: &mut Reports<'_>) -> Option<Query> {
    let mut segments = input.split(Punct::Pipe).into_iter();
    let first = segments.next()?;
    let source: Option<Source> = whole(source::source, first)
        .map_err(|failure| reports.explain(failure, first, Place::Source))
        .ok();
    let ops: Vec<Op> = segments
        .filter_map(|segment| {
            whole(op::op, segment)
                .map_err(|failure| reports.explain(failure, segment, Place::Operator))
                .ok()
        })
        .collect();
    let span = input.span_until(input.skip(input.end));
    source.map(|source| Query { source, ops, span })
}

/// Runs `parser` over all of `input`.
pub(super) fn whole<'a, O>(
    parser: fn(Tokens<'a>) -> Parse<'a, O>,
    input: Tokens<'a>,
) -> Result<O, Failure> {
    match parser(input) {
        Ok((rest, value)) if rest.is_empty() => Ok(value),
        Ok((rest, _)) => Err(Failure::at(
            rest,
            vec![Expected::Punct(Punct::Pipe), Expected::EndOfQuery],
        )),
        Err(error) => Err(failure_of(error, input)),
    }
}
