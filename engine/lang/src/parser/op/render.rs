//! `render ident ["with" "(" items ")"]`. Which renderings exist is checked after parsing, as a warning.

use nom::Parser;
use nom::combinator::map;
use nom::sequence::pair;

use crate::ast::OpKind;
use crate::parser::basic::{named, optional_after, parenthesised, word};
use crate::parser::expr::items;
use crate::parser::failure::Parse;
use crate::parser::input::Tokens;

pub(super) fn parse(input: Tokens<'_>) -> Parse<'_, OpKind> {
    let how = |input| named(input, "a way to render");
    let with = optional_after(word("with"), parenthesised(items));
    map(pair(how, with), |(how, with)| OpKind::Render {
        how,
        with: with.unwrap_or_default(),
    })
    .parse(input)
}
