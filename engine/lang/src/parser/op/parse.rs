//! `parse expr "with" pat {pat}`.

use nom::Parser;
use nom::combinator::map;
use nom::multi::many1;
use nom::sequence::{pair, preceded};

use crate::ast::{OpKind, Pattern};
use crate::parser::basic::{named, optional_after, punct, word};
use crate::parser::expr::expr;
use crate::parser::failure::Parse;
use crate::parser::input::Tokens;
use crate::parser::ty::type_name;
use crate::token::{Kind, Punct};

pub(super) fn parse(input: Tokens<'_>) -> Parse<'_, OpKind> {
    map(
        pair(expr, preceded(word("with"), many1(pattern))),
        |(expr, pattern)| OpKind::Parse { expr, pattern },
    )
    .parse(input)
}

/// `"*" | STRING | ident [":" type]`.
fn pattern(input: Tokens<'_>) -> Parse<'_, Pattern> {
    match input.first().map(|token| (&token.kind, token.span)) {
        Some((Kind::Punct(Punct::Star), span)) => Ok((input.skip(1), Pattern::Any(span))),
        Some((Kind::String(text), span)) => Ok((input.skip(1), Pattern::Text(text.clone(), span))),
        _ => {
            let (rest, name) = named(input, "`*`, a string or a column name")?;
            let (rest, ty) = optional_after(punct(Punct::Colon), type_name)(rest)?;
            Ok((rest, Pattern::Column(name, ty)))
        }
    }
}
