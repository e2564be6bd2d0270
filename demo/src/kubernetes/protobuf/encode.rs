//! Owns the encoding of JSON objects as protobuf, driven by the messages' descriptions. A real server also writes the empty texts
//! and zeros that its JSON leaves out; this one writes what is in the JSON. Refuses keys that a message does not have.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::messages::{Field, Form, Message, Of};

/// Wire types, <https://protobuf.dev/programming-guides/encoding/#structure>.
const VARINT: u64 = 0;
const LENGTH: u64 = 2;

/// What objects have in JSON only, those within a StatefulSet included; in protobuf it is beside the object or nowhere.
const TYPE_META: [&str; 2] = ["kind", "apiVersion"];

/// Why an object has no encoding: where, and what is there.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place} of {message} has no encoding")]
pub(crate) struct Unencodable {
    message: &'static str,
    place: String,
}

/// What goes into a field.
enum Part<'v> {
    Value(&'v Value),
    /// The members that are in a message within.
    Within(Map<String, Value>),
}

/// Encodes an object.
pub(super) fn object(
    message: &'static Message,
    object: &Map<String, Value>,
) -> Result<Vec<u8>, Unencodable> {
    let mut parts: BTreeMap<u32, (&Field, Part<'_>)> = BTreeMap::new();
    for (key, value) in object.iter().filter(|(_, value)| !value.is_null()) {
        if let Some(field) = message.field(key) {
            parts.insert(field.number, (field, Part::Value(value)));
        } else if let Some((field, _)) = message.embedded(key) {
            let part = parts.entry(field.number);
            let (_, part) = part.or_insert_with(|| (field, Part::Within(Map::new())));
            if let Part::Within(members) = part {
                members.insert(key.clone(), value.clone());
            }
        } else if !TYPE_META.contains(&key.as_str()) {
            return Err(Unencodable {
                message: message.name,
                place: format!("`{key}`"),
            });
        }
    }
    let mut out = Vec::new();
    for (field, part) in parts.into_values() {
        let wrong = |value: &Value| Unencodable {
            message: message.name,
            place: format!("field {}, {value},", field.number),
        };
        match (part, field.form) {
            (Part::Within(members), _) => {
                let Of::Message(name) = field.of else {
                    continue;
                };
                let inner = self::object(described(name, message)?, &members)?;
                length(&mut out, field.number, &inner);
            }
            (Part::Value(value), Form::One) => {
                single(&mut out, field.number, field.of, value, message)?
            }
            (Part::Value(value), Form::List) => {
                for item in value.as_array().ok_or_else(|| wrong(value))? {
                    single(&mut out, field.number, field.of, item, message)?;
                }
            }
            (Part::Value(value), Form::Map) => {
                for (key, value) in value.as_object().ok_or_else(|| wrong(value))? {
                    let mut entry = Vec::new();
                    length(&mut entry, 1, key.as_bytes());
                    single(&mut entry, 2, field.of, value, message)?;
                    length(&mut out, field.number, &entry);
                }
            }
        }
    }
    Ok(out)
}

fn described(name: &str, within: &Message) -> Result<&'static Message, Unencodable> {
    Message::find(name).ok_or_else(|| Unencodable {
        message: within.name,
        place: format!("message {name}"),
    })
}

/// Writes one value of a field.
fn single(
    out: &mut Vec<u8>,
    number: u32,
    of: Of,
    value: &Value,
    within: &'static Message,
) -> Result<(), Unencodable> {
    let wrong = || Unencodable {
        message: within.name,
        place: format!("field {number}, {value},"),
    };
    match of {
        Of::String => length(out, number, value.as_str().ok_or_else(wrong)?.as_bytes()),
        Of::Bytes => {
            let text = value.as_str().ok_or_else(wrong)?;
            let bytes = BASE64_STANDARD.decode(text).map_err(|_| wrong())?;
            length(out, number, &bytes);
        }
        Of::Int => varint_field(out, number, value.as_i64().ok_or_else(wrong)?),
        Of::Bool => varint_field(out, number, i64::from(value.as_bool().ok_or_else(wrong)?)),
        Of::Message(name) => {
            let bytes = match special(name, value) {
                Some(special) => special.ok_or_else(wrong)?,
                None => object(
                    described(name, within)?,
                    value.as_object().ok_or_else(wrong)?,
                )?,
            };
            length(out, number, &bytes);
        }
    }
    Ok(())
}

/// The messages that are one value in JSON; inside, none: the value is not what it should be.
fn special(name: &str, value: &Value) -> Option<Option<Vec<u8>>> {
    Some(match name {
        "apimachinery.pkg.apis.meta.v1.Time" => time(value, false),
        "apimachinery.pkg.apis.meta.v1.MicroTime" => time(value, true),
        "apimachinery.pkg.api.resource.Quantity" => {
            value.as_str().map(|text| text_message(1, text.as_bytes()))
        }
        "apimachinery.pkg.util.intstr.IntOrString" => int_or_string(value),
        "apimachinery.pkg.apis.meta.v1.FieldsV1" | "apimachinery.pkg.runtime.RawExtension" => {
            Some(text_message(1, value.to_string().as_bytes()))
        }
        "api.certificates.v1.ExtraValue" => extra_value(value),
        _ => return None,
    })
}

fn text_message(number: u32, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    length(&mut out, number, bytes);
    out
}

/// `Timestamp{seconds=1, nanos=2}`; Go leaves out the fractions of a Time.
fn time(value: &Value, fractions: bool) -> Option<Vec<u8>> {
    if value.is_null() {
        return Some(Vec::new());
    }
    let time = OffsetDateTime::parse(value.as_str()?, &Rfc3339).ok()?;
    let mut out = Vec::new();
    varint_field(&mut out, 1, time.unix_timestamp());
    let nanos = if fractions { time.nanosecond() } else { 0 };
    varint_field(&mut out, 2, i64::from(nanos));
    Some(out)
}

/// `{type=1, intVal=2, strVal=3}`, all of them always there; type 1 is a text.
fn int_or_string(value: &Value) -> Option<Vec<u8>> {
    let (of, int, text) = match value {
        Value::String(text) => (1, 0, text.as_str()),
        value => (0, value.as_i64()?, ""),
    };
    let mut out = Vec::new();
    varint_field(&mut out, 1, of);
    varint_field(&mut out, 2, int);
    length(&mut out, 3, text.as_bytes());
    Some(out)
}

/// A list of texts, which is a message since protobuf has no map of lists.
fn extra_value(value: &Value) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    for text in value.as_array()? {
        length(&mut out, 1, text.as_str()?.as_bytes());
    }
    Some(out)
}

fn varint_field(out: &mut Vec<u8>, number: u32, value: i64) {
    varint(out, u64::from(number) << 3 | VARINT);
    varint(out, value.cast_unsigned());
}

/// Writes a field whose value has a length: a text, bytes or a message.
pub(super) fn length(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    head(out, number, bytes.len());
    out.extend_from_slice(bytes);
}

/// Writes what stands before a value of `size` bytes.
pub(super) fn head(out: &mut Vec<u8>, number: u32, size: usize) {
    varint(out, u64::from(number) << 3 | LENGTH);
    varint(out, u64::try_from(size).unwrap_or(u64::MAX));
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

#[cfg(test)]
mod tests;
