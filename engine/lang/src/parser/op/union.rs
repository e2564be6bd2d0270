//! `union branch {"," branch}` in the pipe.

use nom::Parser;
use nom::combinator::map;

use crate::ast::OpKind;
use crate::parser::failure::Parse;
use crate::parser::input::Tokens;
use crate::parser::source::branches;

pub(super) fn parse(input: Tokens<'_>) -> Parse<'_, OpKind> {
    map(branches, OpKind::Union).parse(input)
}
