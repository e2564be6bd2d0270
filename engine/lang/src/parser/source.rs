//! Where rows come from: tables, queries in parentheses, `union`, `print`, `datatable`.

use nom::Parser;
use nom::combinator::map;
use nom::multi::many0;
use nom::sequence::preceded;

use super::basic::{field, list, named, parenthesised, punct, required};
use super::expr;
use super::failure::Parse;
use super::input::Tokens;
use super::pipeline;
use super::ty::type_name;
use crate::ast::{Branch, Ident, Source, TableRef, TypeName};
use crate::token::{Kind, Punct};

/// The first part of a query.
pub(crate) fn source(input: Tokens<'_>) -> Parse<'_, Source> {
    match keyword(input) {
        Some("union") => map(|input| required(branches, input), Source::Union).parse(input.skip(1)),
        Some("print") => {
            map(|input| required(expr::items, input), Source::Print).parse(input.skip(1))
        }
        Some("datatable") => required(data_table, input.skip(1)),
        _ => map(branch, Source::Branch).parse(input),
    }
}

/// The word that begins a source other than a branch. These words are not reserved: a table may bear them, and does when
/// what follows cannot belong to the other form.
pub(crate) fn keyword(input: Tokens<'_>) -> Option<&'static str> {
    let next = input.kind(1);
    match input.word(0)? {
        "union" => match next? {
            Kind::Word(_) | Kind::Quoted(_) | Kind::Punct(Punct::LeftParen) => Some("union"),
            _ => None,
        },
        "print" => match next? {
            Kind::Punct(Punct::Pipe | Punct::Dot | Punct::Semicolon | Punct::RightParen) => None,
            _ => Some("print"),
        },
        "datatable" => (next?.punct() == Some(Punct::LeftParen)).then_some("datatable"),
        _ => None,
    }
}

/// `branch {"," branch}`.
pub(crate) fn branches(input: Tokens<'_>) -> Parse<'_, Vec<Branch>> {
    list(branch)(input)
}

/// `"(" query ")" | ident {"." word} [args]`.
pub(crate) fn branch(input: Tokens<'_>) -> Parse<'_, Branch> {
    match input.punct(0) {
        Some(Punct::LeftParen) => map(parenthesised(pipeline::query), |query| {
            Branch::Query(Box::new(query))
        })
        .parse(input),
        _ => map(table, Branch::Table).parse(input),
    }
}

fn table(input: Tokens<'_>) -> Parse<'_, TableRef> {
    let (rest, first) = named(input, "a table")?;
    let (rest, more) = many0(preceded(punct(Punct::Dot), field)).parse(rest)?;
    let mut path = vec![first];
    path.extend(more);
    let (rest, args) = if rest.punct(0) == Some(Punct::LeftParen) {
        map(expr::args, Some).parse(rest)?
    } else {
        (rest, None)
    };
    let span = input.span_until(rest);
    Ok((rest, TableRef { path, args, span }))
}

fn data_table(input: Tokens<'_>) -> Parse<'_, Source> {
    let (rest, columns) = parenthesised(list(column)).parse(input)?;
    let (rest, cells) = expr::brackets(rest)?;
    Ok((rest, Source::DataTable { columns, cells }))
}

fn column(input: Tokens<'_>) -> Parse<'_, (Ident, TypeName)> {
    let (rest, name) = named(input, "a column name")?;
    let (rest, _) = punct(Punct::Colon).parse(rest)?;
    let (rest, ty) = type_name(rest)?;
    Ok((rest, (name, ty)))
}
