//! `top expr "by" keys`.

use nom::Parser;
use nom::combinator::map;
use nom::sequence::{pair, preceded};

use super::sort::keys;
use crate::ast::OpKind;
use crate::parser::basic::word;
use crate::parser::expr::expr;
use crate::parser::failure::Parse;
use crate::parser::input::Tokens;

pub(super) fn parse(input: Tokens<'_>) -> Parse<'_, OpKind> {
    map(pair(expr, preceded(word("by"), keys)), |(count, by)| {
        OpKind::Top { count, by }
    })
    .parse(input)
}
