//! Arguments as functions take them: how many, of which type, with which type in common.

use trawl_lang::Diagnostic;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result, same_type};
use crate::types::Type;

/// The next argument. Calls with too few are refused before a function sees them (expr/call.rs).
pub(crate) fn next(arguments: &mut impl Iterator<Item = Bound>) -> Result<Bound> {
    arguments.next().ok_or_else(|| {
        Diagnostic::error("Q0309", "an argument is missing")
            .label(Span::default(), "here")
            .into()
    })
}

/// The only argument.
pub(crate) fn one(arguments: Vec<Bound>) -> Result<Bound> {
    next(&mut arguments.into_iter())
}

/// The two arguments.
pub(crate) fn two(arguments: Vec<Bound>) -> Result<(Bound, Bound)> {
    let mut arguments = arguments.into_iter();
    Ok((next(&mut arguments)?, next(&mut arguments)?))
}

/// The arguments as the types of their parameters, which are named in messages; optional ones may be missing at the end.
pub(crate) fn typed(
    binder: &mut Binder<'_>,
    function: &str,
    arguments: Vec<Bound>,
    parameters: &[(&str, Type)],
) -> Result<Vec<Bound>> {
    let pairs = arguments.into_iter().zip(parameters);
    pairs
        .map(|(argument, (name, ty))| {
            binder.coerce(argument, ty, &format!("`{name}` of `{function}`"))
        })
        .collect()
}

/// The argument as what has a size and a sum; a dynamic value counts as a real.
pub(crate) fn measure(binder: &mut Binder<'_>, argument: Bound, what: &str) -> Result<Bound> {
    match argument.ty {
        Type::Long | Type::Real | Type::Quantity | Type::Timespan => Ok(argument),
        _ => binder.coerce(argument, &Type::Real, what),
    }
}

/// The argument as a list, and the type of its items: a `list<T>`, or a dynamic value that holds an array of documents.
pub(crate) fn list(binder: &mut Binder<'_>, argument: Bound, what: &str) -> Result<(Bound, Type)> {
    let list = binder.as_list(argument, what)?;
    let item = match &list.ty {
        Type::List(item) => (**item).clone(),
        _ => Type::Null,
    };
    Ok((list, item))
}

/// All arguments as lists of the one type that their items fit in, and that type.
pub(crate) fn lists(
    binder: &mut Binder<'_>,
    arguments: Vec<Bound>,
    span: Span,
    what: &str,
) -> Result<(Vec<Bound>, Type)> {
    let arguments = arguments
        .into_iter()
        .map(|argument| Ok(list(binder, argument, what)?.0))
        .collect::<Result<Vec<_>>>()?;
    let (arguments, common) = same_type(binder, arguments, span)?;
    match common {
        Type::List(item) => Ok((arguments, *item)),
        // All were lists, and the common type of lists is one.
        other => Ok((arguments, other)),
    }
}
