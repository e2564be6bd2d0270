//! Owns the reading of a table's arguments; refuses values of another type than declared, which the host does not send.

use trawl_sdk::Error;
use trawl_sdk::types::{Argument, ArgumentValue, Literal, TextPart};

fn find<'a>(arguments: &'a [Argument], name: &str) -> Option<&'a ArgumentValue> {
    let found = arguments.iter().find(|argument| argument.name == name);
    found
        .map(|argument| &argument.value)
        .filter(|value| **value != ArgumentValue::Scalar(Literal::Null))
}

fn wrong(name: &str, expected: &str) -> Error {
    Error::invalid_query(format!(
        "expected {expected} for `{name}`, got something else"
    ))
}

/// Whether an argument was given.
pub(crate) fn given(arguments: &[Argument], name: &str) -> bool {
    find(arguments, name).is_some()
}

/// A text, with bound values as they are: it is a name, not a language.
///
/// # Errors
/// `invalid-query` for another type, and for a bound value that is no text.
pub(crate) fn text(arguments: &[Argument], name: &str) -> Result<Option<String>, Error> {
    match find(arguments, name) {
        None => Ok(None),
        Some(ArgumentValue::Scalar(Literal::Utf8(text))) => Ok(Some(text.clone())),
        Some(ArgumentValue::Template(parts)) => parts
            .iter()
            .map(|part| match part {
                TextPart::Text(text) | TextPart::Bound(Literal::Utf8(text)) => Ok(text.as_str()),
                TextPart::Bound(_) => Err(wrong(name, "texts only bound into the text")),
            })
            .collect::<Result<String, _>>()
            .map(Some),
        Some(_) => Err(wrong(name, "a text")),
    }
}

/// The parts of an embedded text.
///
/// # Errors
/// `invalid-query` for another type.
pub(crate) fn template(arguments: &[Argument], name: &str) -> Result<Option<Vec<TextPart>>, Error> {
    match find(arguments, name) {
        None => Ok(None),
        Some(ArgumentValue::Scalar(Literal::Utf8(text))) => {
            Ok(Some(vec![TextPart::Text(text.clone())]))
        }
        Some(ArgumentValue::Template(parts)) => Ok(Some(parts.clone())),
        Some(_) => Err(wrong(name, "a text")),
    }
}

/// Nanoseconds of a timespan.
///
/// # Errors
/// `invalid-query` for another type.
pub(crate) fn duration(arguments: &[Argument], name: &str) -> Result<Option<i64>, Error> {
    match find(arguments, name) {
        None => Ok(None),
        Some(ArgumentValue::Scalar(Literal::DurationNs(ns))) => Ok(Some(*ns)),
        Some(_) => Err(wrong(name, "a timespan")),
    }
}

/// A truth value.
///
/// # Errors
/// `invalid-query` for another type.
pub(crate) fn boolean(arguments: &[Argument], name: &str) -> Result<Option<bool>, Error> {
    match find(arguments, name) {
        None => Ok(None),
        Some(ArgumentValue::Scalar(Literal::Boolean(value))) => Ok(Some(*value)),
        Some(_) => Err(wrong(name, "true or false")),
    }
}

/// A whole number that is not negative.
///
/// # Errors
/// `invalid-query` for another type or a negative number.
pub(crate) fn count(arguments: &[Argument], name: &str) -> Result<Option<u64>, Error> {
    match find(arguments, name) {
        None => Ok(None),
        Some(ArgumentValue::Scalar(Literal::Uint64(value))) => Ok(Some(*value)),
        Some(ArgumentValue::Scalar(Literal::Int64(value))) => u64::try_from(*value)
            .map(Some)
            .map_err(|_| wrong(name, "a number that is not negative")),
        Some(_) => Err(wrong(name, "a whole number")),
    }
}
