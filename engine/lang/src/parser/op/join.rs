//! `join ["kind" "=" ident] tail` and `lookup tail`. Owns which kinds of join there are.

use nom::Parser;
use nom::combinator::map;
use nom::sequence::pair;

use crate::ast::{Ident, OpKind, Tail};
use crate::explain::kind;
use crate::parser::basic::{list, named, optional_after, punct, word};
use crate::parser::expr::expr;
use crate::parser::failure::{Expected, Failure, Parse, refuse};
use crate::parser::input::Tokens;
use crate::parser::source::branch;
use crate::token::Punct;
use crate::words::JOIN_KINDS;

pub(super) fn join(input: Tokens<'_>) -> Parse<'_, OpKind> {
    let (rest, kind) = join_kind(input)?;
    map(tail, |tail| OpKind::Join {
        kind: kind.clone(),
        tail,
    })
    .parse(rest)
}

pub(super) fn lookup(input: Tokens<'_>) -> Parse<'_, OpKind> {
    map(tail, OpKind::Lookup).parse(input)
}

fn join_kind(input: Tokens<'_>) -> Parse<'_, Option<Ident>> {
    let (rest, kind) = kind_option(input, "a kind of join")?;
    match kind {
        Some(kind) if !JOIN_KINDS.contains(&kind.name.as_str()) => {
            refuse(input.skip(2), kind::unknown_join(&kind))
        }
        kind => Ok((rest, kind)),
    }
}

/// `["kind" "=" ident]`; the word is not reserved, a table may bear it.
pub(super) fn kind_option<'a>(input: Tokens<'a>, what: &'static str) -> Parse<'a, Option<Ident>> {
    optional_after(pair(word("kind"), punct(Punct::Assign)), move |input| {
        named(input, what)
    })(input)
}

/// `branch ["as" ident] "on" exprs`.
fn tail(input: Tokens<'_>) -> Parse<'_, Tail> {
    let (rest, right) = branch(input)?;
    let (rest, alias) = optional_after(word("as"), |input| {
        named(input, "the name of the right side")
    })(rest)?;
    if rest.word(0) != Some("on") {
        let mut expected = vec![Expected::Word("on")];
        if alias.is_none() {
            expected.insert(0, Expected::Word("as"));
        }
        return Err(nom::Err::Failure(Failure::at(rest, expected)));
    }
    let (rest, on) = list(expr)(rest.skip(1))?;
    Ok((rest, Tail { right, alias, on }))
}
