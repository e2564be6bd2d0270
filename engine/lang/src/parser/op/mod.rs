//! The operators of the pipe, one file each (small kin share one). Owns the table of their names.
//!
//! To add one: a file with its parser, a row in `OPERATORS`, a variant of `ast::OpKind`, its production and an example in
//! GRAMMAR.md.

mod columns;
mod distinct;
mod join;
mod make_series;
mod mv_expand;
mod parse;
mod render;
mod sort;
mod summarize;
mod take;
mod top;
mod union;
mod where_;

use super::basic::required;
use super::failure::{Expected, Parse, fail, refuse};
use super::input::Tokens;
use crate::ast::{Op, OpKind};
use crate::explain::operator;
use crate::token::Kind;

type Parser = for<'a> fn(Tokens<'a>) -> Parse<'a, OpKind>;

macro_rules! operators {
    ($($name:literal => $parser:path,)+) => {
        /// Every operator with the parser of what follows its name.
        const OPERATORS: &[(&str, Parser)] = &[$(($name, $parser),)+];
        /// The names of the operators.
        pub const NAMES: &[&str] = &[$($name,)+];
    };
}

operators! {
    "where" => where_::parse,
    "extend" => columns::extend,
    "project" => columns::project,
    "project-away" => columns::project_away,
    "project-rename" => columns::project_rename,
    "summarize" => summarize::parse,
    "make-series" => make_series::parse,
    "sort" => sort::parse,
    "order" => sort::parse,
    "take" => take::parse,
    "limit" => take::parse,
    "top" => top::parse,
    "distinct" => distinct::parse,
    "count" => distinct::count,
    "getschema" => distinct::getschema,
    "join" => join::join,
    "lookup" => join::lookup,
    "union" => union::parse,
    "mv-expand" => mv_expand::parse,
    "parse" => parse::parse,
    "render" => render::parse,
}

/// One operator with its parts.
pub(super) fn op(input: Tokens<'_>) -> Parse<'_, Op> {
    let (name, at) = match input.first().map(|token| (&token.kind, token.span)) {
        Some((Kind::Operator(name), span)) => (*name, span),
        _ => return fail(input, Expected::Part("an operator")),
    };
    let Some((_, parser)) = OPERATORS.iter().find(|(known, _)| *known == name) else {
        return refuse(input, operator::unknown(name, at));
    };
    let (rest, kind) = required(parser, input.skip(1))?;
    let span = input.span_until(rest);
    Ok((
        rest,
        Op {
            kind,
            name: at,
            span,
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::NAMES;

    #[test]
    fn names_are_unique() {
        for (index, name) in NAMES.iter().enumerate() {
            assert!(!NAMES[..index].contains(name), "{name}");
        }
    }
}
