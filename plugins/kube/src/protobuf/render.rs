//! Owns the JSON of a message, as the API server itself would have written it; refuses to choose: a subtree is rendered whole.
//!
//! Recursion ends with the descriptions, which have no message that contains itself.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::de::IgnoredAny;

use super::seen::Seen;
use super::table::{Field, Form, Message, Of};
use super::time::Time;
use super::wire::{Cursor, Entry, Fault, What, Wire};

/// Writes a message as an object.
pub(crate) fn object(out: &mut String, message: &Message, cursor: Cursor<'_>) -> Result<(), Fault> {
    out.push('{');
    members(out, message, cursor, &mut true)?;
    out.push('}');
    Ok(())
}

/// Writes the fields of a message into an object that is open; `first`: it has no member yet.
fn members(
    out: &mut String,
    message: &Message,
    mut cursor: Cursor<'_>,
    first: &mut bool,
) -> Result<(), Fault> {
    let mut seen = Seen::default();
    while let Some(entry) = cursor.field()? {
        let Ok(index) = message
            .fields
            .binary_search_by_key(&entry.number, |field| field.number)
        else {
            // A newer server has fields that these tables lack.
            continue;
        };
        let Some(field) = message.fields.get(index) else {
            continue;
        };
        seen.once(index, field, entry.at)?;
        if field.name.is_empty() {
            if let (Of::Message(later), Wire::Bytes(inner)) = (&field.of, entry.value)
                && let Some(message) = later.get()
            {
                members(out, message, inner, first)?;
            }
        } else if !is_left_out(field, entry.value) {
            key(out, field.name, first);
            value(out, field, entry, &mut cursor)?;
        }
    }
    for (index, field) in message.fields.iter().enumerate() {
        if field.always && !field.name.is_empty() && !seen.has(index) {
            key(out, field.name, first);
            match zero(field) {
                Some(wire) => single(out, field, wire, cursor.at())?,
                None => out.push_str("null"),
            }
        }
    }
    Ok(())
}

fn key(out: &mut String, name: &str, first: &mut bool) {
    if !std::mem::replace(first, false) {
        out.push(',');
    }
    out.push('"');
    out.push_str(name);
    out.push_str("\":");
}

/// Whether JSON has nothing of a field that protobuf has: Go leaves out zeros where a tag says so.
pub(crate) fn is_left_out(field: &Field, wire: Wire<'_>) -> bool {
    if field.pointer || field.always || field.form != Form::One {
        return false;
    }
    match (&field.of, wire) {
        (_, Wire::Varint(value)) => value == 0,
        (Of::String | Of::Bytes | Of::Time | Of::MicroTime, Wire::Bytes(bytes)) => {
            bytes.bytes().is_empty()
        }
        _ => false,
    }
}

/// The value of a field that JSON has although protobuf has not; none: null.
pub(crate) fn zero(field: &Field) -> Option<Wire<'static>> {
    if field.pointer || field.form != Form::One {
        return None;
    }
    match field.of {
        Of::Bool | Of::Int => Some(Wire::Varint(0)),
        Of::String | Of::Quantity | Of::IntOrString | Of::Message(_) => {
            Some(Wire::Bytes(Cursor::empty()))
        }
        Of::Bytes | Of::Time | Of::MicroTime | Of::Raw | Of::Strings => None,
    }
}

/// Writes the value of a field, of a list or map all of it: the items that follow are taken from `cursor`.
pub(crate) fn value<'a>(
    out: &mut String,
    field: &Field,
    entry: Entry<'a>,
    cursor: &mut Cursor<'a>,
) -> Result<(), Fault> {
    let (open, close) = match field.form {
        Form::One => return single(out, field, entry.value, entry.at),
        Form::List => ('[', ']'),
        Form::Map => ('{', '}'),
    };
    out.push(open);
    let mut next = Some(entry.value);
    while let Some(wire) = next {
        match (field.form, wire) {
            (Form::Map, Wire::Bytes(pair)) => {
                let (name, inner) = self::entry(field, pair)?;
                string(out, name);
                out.push(':');
                match inner {
                    Some(wire) => single(out, field, wire, pair.at())?,
                    None => out.push_str("null"),
                }
            }
            (Form::Map, _) => return Err(unexpected(field, entry.at)),
            _ => single(out, field, wire, entry.at)?,
        }
        next = cursor.one_more(field.number)?;
        if next.is_some() {
            out.push(',');
        }
    }
    out.push(close);
    Ok(())
}

/// A map's entry, `{key=1, value=2}`; a value that is missing is zero.
pub(crate) fn entry<'a>(
    field: &Field,
    mut pair: Cursor<'a>,
) -> Result<(&'a str, Option<Wire<'a>>), Fault> {
    let mut name = "";
    let mut value = None;
    while let Some(entry) = pair.field()? {
        match (entry.number, entry.value) {
            (1, Wire::Bytes(text)) => name = text.text()?,
            (1, _) => return Err(unexpected(field, entry.at)),
            (2, wire) => value = Some(wire),
            _ => {}
        }
    }
    let value = value.or_else(|| match field.of {
        Of::Bool | Of::Int => Some(Wire::Varint(0)),
        Of::Time | Of::MicroTime | Of::Raw => None,
        _ => Some(Wire::Bytes(Cursor::empty())),
    });
    Ok((name, value))
}

pub(crate) fn unexpected(field: &Field, at: usize) -> Fault {
    Fault {
        at,
        what: What::Unexpected(field.name),
    }
}

/// Writes one value of a field; `at` is where it is.
pub(crate) fn single(
    out: &mut String,
    field: &Field,
    wire: Wire<'_>,
    at: usize,
) -> Result<(), Fault> {
    match (&field.of, wire) {
        (Of::String, Wire::Bytes(bytes)) => string(out, bytes.text()?),
        (Of::Bool, Wire::Varint(value)) => out.push_str(if value == 0 { "false" } else { "true" }),
        (Of::Int, Wire::Varint(value)) => {
            // Writing to a String never fails.
            let _ = write!(out, "{}", value.cast_signed());
        }
        (Of::Bytes, Wire::Bytes(bytes)) => {
            out.push('"');
            BASE64_STANDARD.encode_string(bytes.bytes(), out);
            out.push('"');
        }
        (Of::Time | Of::MicroTime, Wire::Bytes(message)) => {
            match Time::read(message, matches!(field.of, Of::MicroTime))? {
                Some(time) => {
                    out.push('"');
                    time.text(out);
                    out.push('"');
                }
                None => out.push_str("null"),
            }
        }
        (Of::Quantity, Wire::Bytes(message)) => string(out, quantity(message)?),
        (Of::IntOrString, Wire::Bytes(message)) => match int_or_string(message)? {
            IntOrString::Int(value) => {
                let _ = write!(out, "{value}");
            }
            IntOrString::Text(text) => string(out, text),
        },
        (Of::Raw, Wire::Bytes(message)) => raw(out, field, message)?,
        (Of::Strings, Wire::Bytes(message)) => strings(out, field, message)?,
        (Of::Message(later), Wire::Bytes(inner)) => match later.get() {
            Some(message) => object(out, message, inner)?,
            None => return Err(unexpected(field, at)),
        },
        _ => return Err(unexpected(field, at)),
    }
    Ok(())
}

/// The text of resource.Quantity, `{string=1}`; Go's zero is `0`.
pub(crate) fn quantity(mut message: Cursor<'_>) -> Result<&str, Fault> {
    while let Some(entry) = message.field()? {
        if let (1, Wire::Bytes(text)) = (entry.number, entry.value) {
            return text.text();
        }
    }
    Ok("0")
}

/// What an intstr.IntOrString holds.
pub(crate) enum IntOrString<'a> {
    Int(i64),
    Text(&'a str),
}

/// Reads intstr.IntOrString, `{type=1, intVal=2, strVal=3}`; type 1 is a text.
pub(crate) fn int_or_string(mut message: Cursor<'_>) -> Result<IntOrString<'_>, Fault> {
    let (mut is_text, mut int, mut text) = (false, 0, "");
    while let Some(entry) = message.field()? {
        match (entry.number, entry.value) {
            (1, Wire::Varint(of)) => is_text = of == 1,
            (2, Wire::Varint(value)) => int = value.cast_signed(),
            (3, Wire::Bytes(bytes)) => text = bytes.text()?,
            _ => {}
        }
    }
    Ok(if is_text {
        IntOrString::Text(text)
    } else {
        IntOrString::Int(int)
    })
}

/// JSON that is carried as bytes, `{raw=1}`: it is checked, or one bad value would spoil the whole document.
fn raw(out: &mut String, field: &Field, mut message: Cursor<'_>) -> Result<(), Fault> {
    while let Some(entry) = message.field()? {
        if let (1, Wire::Bytes(bytes)) = (entry.number, entry.value)
            && !bytes.bytes().is_empty()
        {
            let text = bytes.text()?;
            serde_json::from_str::<IgnoredAny>(text).map_err(|_| unexpected(field, entry.at))?;
            out.push_str(text);
            return Ok(());
        }
    }
    out.push_str("null");
    Ok(())
}

/// A list of texts in a message, `{items=1}`.
fn strings(out: &mut String, field: &Field, mut message: Cursor<'_>) -> Result<(), Fault> {
    out.push('[');
    let mut first = true;
    while let Some(entry) = message.field()? {
        match (entry.number, entry.value) {
            (1, Wire::Bytes(text)) => {
                if !std::mem::replace(&mut first, false) {
                    out.push(',');
                }
                string(out, text.text()?);
            }
            (1, _) => return Err(unexpected(field, entry.at)),
            _ => {}
        }
    }
    out.push(']');
    Ok(())
}

/// Writes a text as a JSON string.
fn string(out: &mut String, text: &str) {
    let plain = |byte: u8| byte >= 0x20 && byte != b'"' && byte != b'\\';
    if text.bytes().all(plain) {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        // Writing a text as JSON cannot fail.
        out.push_str(&serde_json::to_string(text).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests;
