//! `("take" | "limit") expr`.

use nom::Parser;
use nom::combinator::map;

use crate::ast::OpKind;
use crate::parser::expr::expr;
use crate::parser::failure::Parse;
use crate::parser::input::Tokens;

pub(super) fn parse(input: Tokens<'_>) -> Parse<'_, OpKind> {
    map(expr, OpKind::Take).parse(input)
}
