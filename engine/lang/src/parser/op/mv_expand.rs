//! `mv-expand ["kind" "=" ident] item`.

use nom::Parser;
use nom::combinator::map;

use super::join::kind_option;
use crate::ast::OpKind;
use crate::explain::kind;
use crate::parser::expr::item;
use crate::parser::failure::{Parse, refuse};
use crate::parser::input::Tokens;
use crate::words::EXPAND_KINDS;

pub(super) fn parse(input: Tokens<'_>) -> Parse<'_, OpKind> {
    let (rest, kind) = kind_option(input, "a kind of expansion")?;
    if let Some(kind) = &kind
        && !EXPAND_KINDS.contains(&kind.name.as_str())
    {
        return refuse(input.skip(2), kind::unknown_expand(kind));
    }
    map(item, |item| OpKind::MvExpand {
        kind: kind.clone(),
        item,
    })
    .parse(rest)
}
