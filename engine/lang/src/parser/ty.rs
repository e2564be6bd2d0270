//! Types as they are written: `long`, `list<string>`. Owns the form only; which names are types the planner knows.

use nom::Parser;

use super::basic::{named, punct};
use super::failure::{Parse, refuse};
use super::input::Tokens;
use crate::ast::TypeName;
use crate::diagnostic::{Diagnostic, codes};
use crate::limits::MAX_NESTING_LEVELS;
use crate::token::Punct;

/// `"list" "<" type ">" | ident`, without recursion: `<` is no bracket, so nobody else limits its nesting.
pub(crate) fn type_name(input: Tokens<'_>) -> Parse<'_, TypeName> {
    let mut inner = input;
    while (inner.word(0), inner.punct(1)) == (Some("list"), Some(Punct::Lt)) {
        inner = inner.skip(2);
    }
    let levels = (inner.start - input.start) / 2;
    if levels > MAX_NESTING_LEVELS {
        return refuse(
            input,
            Diagnostic::error(
                codes::LIMIT_NESTING,
                format!("lists are nested more than {MAX_NESTING_LEVELS} deep"),
            )
            .at(input.span_until(inner)),
        );
    }
    let (mut rest, name) = named(inner, "a type")?;
    let mut ty = TypeName::Named(name);
    for level in (0..levels).rev() {
        let (next, _) = punct(Punct::Gt).parse(rest)?;
        ty = TypeName::List(Box::new(ty), input.skip(level * 2).span_until(next));
        rest = next;
    }
    Ok((rest, ty))
}
