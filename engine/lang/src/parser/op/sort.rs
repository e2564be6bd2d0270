//! `("sort" | "order") "by" keys`.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt, value};
use nom::sequence::{pair, preceded};

use crate::ast::{Direction, Key, OpKind};
use crate::parser::basic::{list, word};
use crate::parser::expr::expr;
use crate::parser::failure::Parse;
use crate::parser::input::Tokens;

pub(super) fn parse(input: Tokens<'_>) -> Parse<'_, OpKind> {
    map(preceded(word("by"), keys), OpKind::Sort).parse(input)
}

/// `key {"," key}`.
pub(super) fn keys(input: Tokens<'_>) -> Parse<'_, Vec<Key>> {
    list(key)(input)
}

/// `expr ["asc" | "desc"]`.
fn key(input: Tokens<'_>) -> Parse<'_, Key> {
    let direction = alt((
        value(Direction::Asc, word("asc")),
        value(Direction::Desc, word("desc")),
    ));
    map(pair(expr, opt(direction)), |(expr, direction)| Key {
        expr,
        direction,
    })
    .parse(input)
}
