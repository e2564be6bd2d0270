//! `extend`, `project`, `project-away`, `project-rename`: the operators that choose columns.

use nom::Parser;
use nom::combinator::map;

use crate::ast::{Ident, OpKind};
use crate::parser::basic::{list, named, punct};
use crate::parser::expr::items;
use crate::parser::failure::Parse;
use crate::parser::input::Tokens;
use crate::token::Punct;

/// `extend items`.
pub(super) fn extend(input: Tokens<'_>) -> Parse<'_, OpKind> {
    map(items, OpKind::Extend).parse(input)
}

/// `project items`.
pub(super) fn project(input: Tokens<'_>) -> Parse<'_, OpKind> {
    map(items, OpKind::Project).parse(input)
}

/// `project-away ident {"," ident}`.
pub(super) fn project_away(input: Tokens<'_>) -> Parse<'_, OpKind> {
    map(list(column), OpKind::ProjectAway).parse(input)
}

/// `project-rename ident "=" ident {"," ident "=" ident}`.
pub(super) fn project_rename(input: Tokens<'_>) -> Parse<'_, OpKind> {
    map(list(renaming), OpKind::ProjectRename).parse(input)
}

fn renaming(input: Tokens<'_>) -> Parse<'_, (Ident, Ident)> {
    let (rest, new) = named(input, "the new name")?;
    let (rest, _) = punct(Punct::Assign).parse(rest)?;
    let (rest, old) = column(rest)?;
    Ok((rest, (new, old)))
}

fn column(input: Tokens<'_>) -> Parse<'_, Ident> {
    named(input, "a column name")
}
