//! Owns the JSON of a message, as the API server itself would have written it; refuses to choose: a subtree is rendered whole.
//!
//! Recursion ends with the descriptions, which have no message that contains itself.

use super::seen::Seen;
use super::special::{self, IntOrString, raw, string, strings, unexpected};
use super::table::{Field, Form, Message, Of};
use super::time::Time;
use super::wire::{Cursor, Entry, Fault, Wire};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// Writes the value of a field, of a list or map all of it: the items that follow are taken from `cursor`.
pub(crate) fn value<'a>(
    out: &mut String,
    field: &Field,
    entry: Entry<'a>,
    cursor: &mut Cursor<'a>,
) -> Result<(), Fault> {
    let slots = Vec::new();
    Renderer { out, slots }.value(field, entry, cursor)
}

/// A message as a document.
pub(crate) fn document(message: &Message, cursor: Cursor<'_>) -> Result<String, Fault> {
    let mut text = String::new();
    let (out, slots) = (&mut text, Vec::new());
    Renderer { out, slots }.object(message, cursor)?;
    Ok(text)
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
        Of::Bytes | Of::Time | Of::MicroTime | Of::Raw | Of::Strings | Of::Constant(_) => None,
    }
}

/// A field that was found in a message, or that JSON has without.
#[derive(Debug, Clone, Copy)]
struct Slot<'a> {
    /// Its place in JSON's order.
    place: usize,
    entry: Option<Entry<'a>>,
    /// What comes behind it: more items, if it is a list.
    rest: Cursor<'a>,
}

struct Renderer<'o, 'a> {
    out: &'o mut String,
    /// Fields of the messages that are open, those of the innermost at the end.
    slots: Vec<Slot<'a>>,
}

impl<'a> Renderer<'_, 'a> {
    fn object(&mut self, message: &Message, cursor: Cursor<'a>) -> Result<(), Fault> {
        self.out.push('{');
        self.members(message, cursor, &mut true)?;
        self.out.push('}');
        Ok(())
    }

    /// Writes the fields of a message into an object that is open, in JSON's order; `first`: it has no member yet.
    fn members(
        &mut self,
        message: &Message,
        cursor: Cursor<'a>,
        first: &mut bool,
    ) -> Result<(), Fault> {
        let begin = self.slots.len();
        self.find(message, cursor)?;
        let found = self.slots.get_mut(begin..).unwrap_or_default();
        if !found.is_sorted_by_key(|slot| slot.place) {
            found.sort_unstable_by_key(|slot| slot.place);
        }
        let mut at = begin;
        while let Some(&slot) = self.slots.get(at) {
            at += 1;
            let Some(field) = message.fields.get(slot.place) else {
                continue;
            };
            if field.name.is_empty() {
                self.inlined(field, slot, first)?;
            } else {
                self.key(field, first);
                let mut rest = slot.rest;
                match slot.entry {
                    Some(entry) => self.value(field, entry, &mut rest)?,
                    None => match (&field.of, zero(field)) {
                        (Of::Constant(text), _) => string(self.out, text),
                        (_, Some(value)) => self.single(field, value, rest.at())?,
                        (_, None) => self.out.push_str("null"),
                    },
                }
            }
        }
        self.slots.truncate(begin);
        Ok(())
    }

    /// Finds the fields of a message that JSON has.
    fn find(&mut self, message: &Message, mut cursor: Cursor<'a>) -> Result<(), Fault> {
        let mut seen = Seen::default();
        while let Some(entry) = cursor.field()? {
            // A newer server has fields that these tables lack.
            let Some((place, field)) = message.field(entry.number) else {
                continue;
            };
            seen.once(place, field, entry.at)?;
            if !is_left_out(field, entry.value) {
                self.slots.push(Slot {
                    place,
                    entry: Some(entry),
                    rest: cursor,
                });
            }
            if field.form != Form::One {
                while cursor.one_more(entry.number)?.is_some() {}
            }
        }
        for (place, field) in message.fields.iter().enumerate() {
            if (field.always || field.name.is_empty()) && !seen.has(place) {
                self.slots.push(Slot {
                    place,
                    entry: None,
                    rest: cursor,
                });
            }
        }
        Ok(())
    }

    /// Writes the fields of a message whose fields are the object's own.
    fn inlined(&mut self, field: &Field, slot: Slot<'a>, first: &mut bool) -> Result<(), Fault> {
        let at = slot.rest.at();
        match (&field.of, slot.entry.map(|entry| entry.value)) {
            (Of::Message(later), value) => match (later.get(), value) {
                (Some(message), Some(Wire::Bytes(inner))) => self.members(message, inner, first),
                (Some(message), None) => self.members(message, Cursor::empty(), first),
                _ => Err(unexpected(field, at)),
            },
            _ => Err(unexpected(field, at)),
        }
    }

    fn key(&mut self, field: &Field, first: &mut bool) {
        let comma = usize::from(std::mem::replace(first, false));
        self.out
            .push_str(field.key.get(comma..).unwrap_or_default());
    }

    fn value(
        &mut self,
        field: &Field,
        entry: Entry<'a>,
        cursor: &mut Cursor<'a>,
    ) -> Result<(), Fault> {
        let (open, close) = match field.form {
            Form::One => return self.single(field, entry.value, entry.at),
            Form::List => ('[', ']'),
            Form::Map => ('{', '}'),
        };
        self.out.push(open);
        let mut next = Some(entry.value);
        while let Some(wire) = next {
            match (field.form, wire) {
                (Form::Map, Wire::Bytes(pair)) => {
                    let (name, value) = special::entry(field, pair)?;
                    string(self.out, name);
                    self.out.push(':');
                    match value {
                        Some(value) => self.single(field, value, pair.at())?,
                        None => self.out.push_str("null"),
                    }
                }
                (Form::Map, _) => return Err(unexpected(field, entry.at)),
                _ => self.single(field, wire, entry.at)?,
            }
            next = cursor.one_more(field.number)?;
            if next.is_some() {
                self.out.push(',');
            }
        }
        self.out.push(close);
        Ok(())
    }

    /// Writes one value of a field; `at` is where it is.
    fn single(&mut self, field: &Field, wire: Wire<'a>, at: usize) -> Result<(), Fault> {
        let out = &mut *self.out;
        match (&field.of, wire) {
            (Of::String, Wire::Bytes(bytes)) => string(out, bytes.text()?),
            (Of::Bool, Wire::Varint(value)) => {
                out.push_str(if value == 0 { "false" } else { "true" });
            }
            (Of::Int, Wire::Varint(value)) => special::number(out, value.cast_signed()),
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
            (Of::Quantity, Wire::Bytes(message)) => string(out, special::quantity(message)?),
            (Of::IntOrString, Wire::Bytes(message)) => match special::int_or_string(message)? {
                IntOrString::Int(value) => special::number(out, value),
                IntOrString::Text(text) => string(out, text),
            },
            (Of::Raw, Wire::Bytes(message)) => raw(out, field, message)?,
            (Of::Strings, Wire::Bytes(message)) => strings(out, field, message)?,
            (Of::Message(later), Wire::Bytes(inner)) => match later.get() {
                Some(message) => self.object(message, inner)?,
                None => return Err(unexpected(field, at)),
            },
            _ => return Err(unexpected(field, at)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
