//! Owns the decoding of one object along a plan into columns and texts; refuses lists' envelopes.

use std::ops::Range;

use trawl_sdk::Error;
use trawl_sdk::columns::{ColumnBuilder, Scalar};
use trawl_sdk::json::{Capture, append_path};

use super::plan::{Inside, Plan, Wanted};
use super::render;
use super::seen::Seen;
use super::special::{self, IntOrString, unexpected};
use super::table::{Field, Form, Of};
use super::time::Time;
use super::wire::{Cursor, Entry, Wire};

/// The texts that computed columns need of one object, as JSON; kept from object to object for their memory.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    /// All of them, one behind the other.
    written: String,
    places: Vec<Option<Range<usize>>>,
}

impl Texts {
    /// Room for `count` texts.
    pub(crate) fn new(count: usize) -> Self {
        Self {
            written: String::new(),
            places: vec![None; count],
        }
    }

    /// The text of an index.
    pub(crate) fn get(&self, index: usize) -> Option<&str> {
        self.written.get(self.places.get(index)?.clone()?)
    }

    /// All of them, in their order.
    pub(crate) fn all(&self) -> Vec<Option<&str>> {
        (0..self.places.len())
            .map(|index| self.get(index))
            .collect()
    }

    fn clear(&mut self) {
        self.written.clear();
        self.places.fill(None);
    }
}

/// Decodes one object. Columns whose path is missing get nothing: end the row to fill them.
///
/// # Errors
/// `protocol` when the bytes are not what the plan's message is; those of the columns.
pub(crate) fn read(
    plan: &Plan,
    object: Cursor<'_>,
    columns: &mut [ColumnBuilder],
    texts: &mut Texts,
) -> Result<(), Error> {
    texts.clear();
    Sink { columns, texts }.message(plan, object)
}

/// Where values go.
struct Sink<'x> {
    columns: &'x mut [ColumnBuilder],
    texts: &'x mut Texts,
}

impl Sink<'_> {
    fn message(&mut self, plan: &Plan, mut cursor: Cursor<'_>) -> Result<(), Error> {
        let mut seen = Seen::default();
        let mut missing = plan.wanted.len();
        while missing > 0 {
            let Some(entry) = cursor.field()? else {
                break;
            };
            if let Some((index, wanted)) = plan.find(entry.number) {
                seen.once(index, &wanted.field, entry.at)?;
                self.field(wanted, entry, &mut cursor)?;
                // What comes behind the last wanted field is not looked at.
                missing -= 1;
            }
        }
        if missing > 0 {
            for (index, wanted) in plan.wanted.iter().enumerate() {
                if !seen.has(index) {
                    self.absent(wanted, cursor)?;
                }
            }
        }
        Ok(())
    }

    /// A wanted field that the message has not: JSON may have it all the same.
    fn absent(&mut self, wanted: &Wanted, mut end: Cursor<'_>) -> Result<(), Error> {
        let field = &wanted.field;
        if (field.always || field.name.is_empty())
            && let Some(value) = render::zero(field)
        {
            let (number, at) = (field.number, end.at());
            self.field(wanted, Entry { number, at, value }, &mut end)?;
        }
        Ok(())
    }

    fn field<'a>(
        &mut self,
        wanted: &Wanted,
        entry: Entry<'a>,
        cursor: &mut Cursor<'a>,
    ) -> Result<(), Error> {
        if render::is_left_out(&wanted.field, entry.value) {
            return Ok(());
        }
        match (&wanted.inside, entry.value) {
            (Inside::Nothing, _) => {}
            (Inside::Fields(plan), Wire::Bytes(inner)) => self.message(plan, inner)?,
            (Inside::Values(values), _) => {
                let mut ahead = *cursor;
                self.values(&wanted.field, values, entry, &mut ahead)?;
                if wanted.captures.is_empty() {
                    *cursor = ahead;
                }
            }
            (Inside::Fields(_), _) => {
                return Err(unexpected(&wanted.field, entry.at).into());
            }
        }
        match wanted.captures.as_slice() {
            [] => Ok(()),
            [Capture::Column(index)] if self.direct(*index, &wanted.field, entry)? => Ok(()),
            captures => self.capture(captures, &wanted.field, entry, cursor),
        }
    }

    /// The wanted values of a map, whose entries go on in `cursor`.
    fn values<'a>(
        &mut self,
        field: &Field,
        values: &[(String, Wanted)],
        first: Entry<'a>,
        cursor: &mut Cursor<'a>,
    ) -> Result<(), Error> {
        let mut seen = Seen::default();
        let mut next = Some(first.value);
        while let Some(wire) = next {
            let Wire::Bytes(mut pair) = wire else {
                return Err(unexpected(field, first.at).into());
            };
            let (name, value) = special::entry(field, pair)?;
            if let Some(value) = value
                && let Some(index) = values.iter().position(|(wanted, _)| wanted == name)
                && let Some((_, wanted)) = values.get(index)
            {
                let (number, at) = (wanted.field.number, pair.at());
                seen.once(index, field, at)?;
                self.field(wanted, Entry { number, at, value }, &mut pair)?;
            }
            next = cursor.one_more(field.number)?;
        }
        Ok(())
    }

    /// Appends a value that needs no JSON on the way; false: it does.
    fn direct(&mut self, index: usize, field: &Field, entry: Entry<'_>) -> Result<bool, Error> {
        let Some(column) = self.columns.get_mut(index) else {
            return Ok(true);
        };
        if field.form != Form::One {
            return Ok(false);
        }
        let value = match (&field.of, entry.value) {
            (Of::String, Wire::Bytes(text)) => Scalar::Str(text.text()?),
            (Of::Bool, Wire::Varint(value)) => Scalar::Bool(value != 0),
            (Of::Int, Wire::Varint(value)) => Scalar::Int(value.cast_signed()),
            (Of::Quantity, Wire::Bytes(message)) => Scalar::Str(special::quantity(message)?),
            (Of::IntOrString, Wire::Bytes(message)) => match special::int_or_string(message)? {
                IntOrString::Int(value) => Scalar::Int(value),
                IntOrString::Text(text) => Scalar::Str(text),
            },
            (Of::Time | Of::MicroTime, Wire::Bytes(message)) if column.is_timestamp() => {
                match Time::read(message, matches!(field.of, Of::MicroTime))? {
                    Some(time) => Scalar::TimestampNs(time.nanos()),
                    None => Scalar::Null,
                }
            }
            _ => return Ok(false),
        };
        column.append(value)?;
        Ok(true)
    }

    /// Writes a value as JSON, once for all that want it.
    fn capture<'a>(
        &mut self,
        captures: &[Capture],
        field: &Field,
        entry: Entry<'a>,
        cursor: &mut Cursor<'a>,
    ) -> Result<(), Error> {
        let start = self.texts.written.len();
        render::value(&mut self.texts.written, field, entry, cursor)?;
        let end = self.texts.written.len();
        let mut kept = false;
        for capture in captures {
            let text = self.texts.written.get(start..end).unwrap_or_default();
            match capture {
                Capture::Text(index) => {
                    kept = true;
                    if let Some(place) = self.texts.places.get_mut(*index) {
                        *place = Some(start..end);
                    }
                }
                Capture::Column(index) => {
                    if let Some(column) = self.columns.get_mut(*index) {
                        column.append_own_json(text)?;
                    }
                }
                Capture::Path(index, path) => {
                    if let Some(column) = self.columns.get_mut(*index) {
                        append_path(column, text, path)?;
                    }
                }
            }
        }
        if !kept {
            self.texts.written.truncate(start);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
