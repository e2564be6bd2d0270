//! The smallest parsers: punctuation, words, names, lists. Owns what counts as a name in which place.

use nom::Parser;
use nom::combinator::{cut, opt};
use nom::sequence::delimited;

use super::failure::{Expected, Failure, Parse, fail, refuse};
use super::input::Tokens;
use crate::ast::Ident;
use crate::diagnostic::{Diagnostic, codes};
use crate::span::Span;
use crate::token::{Kind, Punct};
use crate::words;

/// A parser over tokens.
pub(crate) trait TokenParser<'a, O>:
    Parser<Tokens<'a>, Output = O, Error = Failure>
{
}

impl<'a, O, P: Parser<Tokens<'a>, Output = O, Error = Failure>> TokenParser<'a, O> for P {}

/// One piece of punctuation.
pub(crate) fn punct<'a>(wanted: Punct) -> impl TokenParser<'a, Span> {
    move |input: Tokens<'a>| match input.first() {
        Some(token) if token.kind.punct() == Some(wanted) => Ok((input.skip(1), token.span)),
        _ => fail(input, Expected::Punct(wanted)),
    }
}

/// One word of the language, reserved or not.
pub(crate) fn word<'a>(wanted: &'static str) -> impl TokenParser<'a, Span> {
    move |input: Tokens<'a>| match input.first() {
        Some(token) if token.kind.word() == Some(wanted) => Ok((input.skip(1), token.span)),
        _ => fail(input, Expected::Word(wanted)),
    }
}

/// A name: a word that is not reserved, or any in backquotes.
pub(crate) fn ident(input: Tokens<'_>) -> Parse<'_, Ident> {
    named(input, "a name")
}

/// A name, called `what` in messages.
pub(crate) fn named<'a>(input: Tokens<'a>, what: &'static str) -> Parse<'a, Ident> {
    match input.first().map(|token| (&token.kind, token.span)) {
        Some((Kind::Word(name), span)) if !words::is_reserved(name) => {
            Ok((input.skip(1), new_ident(name, span)))
        }
        Some((Kind::Quoted(name), span)) => Ok((input.skip(1), new_ident(name, span))),
        _ => fail(input, Expected::Part(what)),
    }
}

/// A name after a dot, where reserved words are names too.
pub(crate) fn field(input: Tokens<'_>) -> Parse<'_, Ident> {
    match input.first().map(|token| (&token.kind, token.span)) {
        Some((Kind::Word(name) | Kind::Quoted(name), span)) => {
            Ok((input.skip(1), new_ident(name, span)))
        }
        _ => fail(input, Expected::Part("a field name")),
    }
}

/// `name =`, the beginning of a named item.
pub(crate) fn name_equals(input: Tokens<'_>) -> Parse<'_, Ident> {
    if let (Some(word), Some(Punct::Assign)) = (input.word(0), input.punct(1))
        && words::is_reserved(word)
    {
        return refuse(input, reserved(word, input.skip(0)));
    }
    let (rest, name) = ident(input)?;
    let (rest, _) = punct(Punct::Assign).parse(rest)?;
    Ok((rest, name))
}

/// The message for a reserved word at the start of `input`.
pub(crate) fn reserved(word: &str, input: Tokens<'_>) -> Diagnostic {
    let span = input.first().map_or(input.end_span(), |token| token.span);
    Diagnostic::error(
        codes::RESERVED,
        format!("expected a name, found the reserved word `{word}`"),
    )
    .at(span)
    .help(format!(
        "as a name it is written in backquotes: `` `{word}` ``"
    ))
    .fix(span, format!("`{word}`"))
}

/// `element {"," element}`. After a comma an element must follow.
pub(crate) fn list<'a, O>(
    mut element: impl TokenParser<'a, O>,
) -> impl FnMut(Tokens<'a>) -> Parse<'a, Vec<O>> {
    move |input| {
        let (mut rest, first) = element.parse(input)?;
        let mut all = vec![first];
        while rest.punct(0) == Some(Punct::Comma) {
            let (next, one) = required(|input| element.parse(input), rest.skip(1))?;
            all.push(one);
            rest = next;
        }
        Ok((rest, all))
    }
}

/// `"(" inner ")"`.
pub(crate) fn parenthesised<'a, O>(
    inner: impl TokenParser<'a, O>,
) -> impl FnMut(Tokens<'a>) -> Parse<'a, O> {
    let mut parser = delimited(
        punct(Punct::LeftParen),
        cut(inner),
        cut(punct(Punct::RightParen)),
    );
    move |input| parser.parse(input)
}

/// `inner` behind `before`, when `before` stands there.
pub(crate) fn optional_after<'a, A, O>(
    mut before: impl TokenParser<'a, A>,
    mut inner: impl TokenParser<'a, O>,
) -> impl FnMut(Tokens<'a>) -> Parse<'a, Option<O>> {
    move |input| {
        let (rest, present) = opt(|input| before.parse(input)).parse(input)?;
        if present.is_none() {
            return Ok((input, None));
        }
        let (rest, value) = required(|input| inner.parse(input), rest)?;
        Ok((rest, Some(value)))
    }
}

/// Parses what has to stand here: from now on there is no other alternative.
pub(crate) fn required<'a, O>(
    parser: impl FnOnce(Tokens<'a>) -> Parse<'a, O>,
    input: Tokens<'a>,
) -> Parse<'a, O> {
    parser(input).map_err(|error| match error {
        nom::Err::Error(failure) => nom::Err::Failure(failure),
        certain => certain,
    })
}

pub(crate) fn new_ident(name: &str, span: Span) -> Ident {
    Ident {
        name: name.to_owned(),
        span,
    }
}
