//! `distinct ("*" | items)`, and the two operators without parts, `count` and `getschema`.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, value};

use crate::ast::OpKind;
use crate::parser::basic::punct;
use crate::parser::expr::items;
use crate::parser::failure::Parse;
use crate::parser::input::Tokens;
use crate::token::Punct;

pub(super) fn parse(input: Tokens<'_>) -> Parse<'_, OpKind> {
    map(
        alt((value(Vec::new(), punct(Punct::Star)), items)),
        OpKind::Distinct,
    )
    .parse(input)
}

/// `count`.
pub(super) fn count(input: Tokens<'_>) -> Parse<'_, OpKind> {
    Ok((input, OpKind::Count))
}

/// `getschema`.
pub(super) fn getschema(input: Tokens<'_>) -> Parse<'_, OpKind> {
    Ok((input, OpKind::GetSchema))
}
