//! Arguments that must be known while planning: constants, words, time zones. Owns the messages for those that are not.

use chrono_tz::Tz;
use trawl_lang::Diagnostic;

use crate::expr::{Bound, Result};
use crate::suggest;
use crate::value::Value;

/// The value of an argument that must be constant; `what` begins the message.
pub(crate) fn constant<'a>(argument: &'a Bound, what: &str) -> Result<&'a Value> {
    argument
        .value
        .as_ref()
        .ok_or_else(|| not_constant(argument, what, "a constant"))
}

/// The text of an argument that must be constant.
pub(crate) fn constant_text(argument: &Bound, what: &str) -> Result<String> {
    match &argument.value {
        Some(Value::String(text)) => Ok(text.clone()),
        _ => Err(not_constant(argument, what, "a constant string")),
    }
}

/// The number of an argument that must be constant.
pub(crate) fn constant_number(argument: &Bound, what: &str) -> Result<f64> {
    match argument.value {
        Some(Value::Long(number)) => Ok(number as f64),
        Some(Value::Real(number)) => Ok(number),
        _ => Err(not_constant(argument, what, "a constant number")),
    }
}

fn not_constant(argument: &Bound, what: &str, expected: &str) -> Box<Diagnostic> {
    let found = match &argument.value {
        Some(value) => format!("this is {}", value.ty()),
        None => "computed per row".to_owned(),
    };
    Diagnostic::error("Q0308", format!("{what} must be {expected}"))
        .label(argument.span, found)
        .help("write a literal, or `@name` of a `param` or scalar `let`")
        .into()
}

/// The one of some words that a constant text is; the message of any other names the nearest.
pub(crate) fn word<T: Copy>(argument: &Bound, what: &str, words: &[(&str, T)]) -> Result<T> {
    let text = constant_text(argument, what)?;
    if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == text) {
        return Ok(*meaning);
    }
    let names = words.iter().map(|(word, _)| *word);
    let mut diagnostic = Diagnostic::error("Q0341", format!("{what} cannot be `{text}`"))
        .label(argument.span, "not one of the words");
    if let Some(near) = suggest::nearest(&text, names.clone()) {
        diagnostic = diagnostic
            .help(format!("did you mean `{near}`?"))
            .fix(argument.span, format!("{near:?}"));
    }
    Err(diagnostic
        .help(format!("one of {}", suggest::list(names)))
        .into())
}

/// The time zone of an optional last argument, UTC where it is not given.
pub(crate) fn zone(argument: Option<Bound>, function: &str) -> Result<Tz> {
    let Some(argument) = argument else {
        return Ok(Tz::UTC);
    };
    let name = constant_text(&argument, &format!("the time zone of `{function}`"))?;
    if let Ok(zone) = name.parse() {
        return Ok(zone);
    }
    let mut diagnostic = Diagnostic::error("Q0340", format!("no time zone is called `{name}`"))
        .label(argument.span, "not a name of the IANA database");
    let names = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
    if let Some(near) = suggest::nearest(&name, names) {
        diagnostic = diagnostic
            .help(format!("did you mean `{near}`?"))
            .fix(argument.span, format!("{near:?}"));
    }
    Err(diagnostic
        .help("zones are called as in \"Europe/Berlin\" or \"UTC\"")
        .into())
}
