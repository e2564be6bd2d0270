//! `summarize (items [by] | by)`.

use nom::Parser;
use nom::combinator::opt;

use crate::ast::{Item, OpKind};
use crate::parser::basic::{required, word};
use crate::parser::expr::items;
use crate::parser::failure::Parse;
use crate::parser::input::Tokens;

pub(super) fn parse(input: Tokens<'_>) -> Parse<'_, OpKind> {
    let (rest, items) = if input.word(0) == Some("by") {
        (input, Vec::new())
    } else {
        items(input)?
    };
    let (rest, by) = opt(by).parse(rest)?;
    let by = by.unwrap_or_default();
    Ok((rest, OpKind::Summarize { items, by }))
}

/// `"by" items`.
pub(super) fn by(input: Tokens<'_>) -> Parse<'_, Vec<Item>> {
    let (rest, _) = word("by").parse(input)?;
    required(items, rest)
}
