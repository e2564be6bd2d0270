//! Owns the messages that are one JSON value, the entries of maps, and JSON's texts; refuses messages that are objects.

use std::fmt::Write as _;

use serde::de::IgnoredAny;

use super::table::{Field, Of};
use super::wire::{Cursor, Fault, What, Wire};

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
pub(crate) fn raw(out: &mut String, field: &Field, mut message: Cursor<'_>) -> Result<(), Fault> {
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
pub(crate) fn strings(
    out: &mut String,
    field: &Field,
    mut message: Cursor<'_>,
) -> Result<(), Fault> {
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

/// Writes a text as a JSON string, with the escapes of Go's encoder: a document is the same text in both encodings.
pub(crate) fn string(out: &mut String, text: &str) {
    out.push('"');
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        // The first byte of U+2028 and U+2029, which JavaScript takes for ends of lines, is 0xe2.
        if (0x20..0x80).contains(&byte) && !matches!(byte, b'"' | b'\\' | b'<' | b'>' | b'&') {
            continue;
        }
        let rest = text.get(at..).unwrap_or_default();
        let (escaped, length) = match byte {
            b'"' => ("\\\"", 1),
            b'\\' => ("\\\\", 1),
            b'\n' => ("\\n", 1),
            b'\r' => ("\\r", 1),
            b'\t' => ("\\t", 1),
            0x08 => ("\\b", 1),
            0x0c => ("\\f", 1),
            _ if rest.starts_with('\u{2028}') => ("\\u2028", 3),
            _ if rest.starts_with('\u{2029}') => ("\\u2029", 3),
            0x80.. => continue,
            _ => ("", 1),
        };
        out.push_str(text.get(from..at).unwrap_or_default());
        if escaped.is_empty() {
            // Writing to a String never fails.
            let _ = write!(out, "\\u{byte:04x}");
        } else {
            out.push_str(escaped);
        }
        from = at + length;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_gos_escapes() {
        for (text, expected) in [
            ("", r#""""#),
            ("plain é 日本 🦀", r#""plain é 日本 🦀""#),
            ("a\"b\\c", r#""a\"b\\c""#),
            (
                "\n\r\t\u{8}\u{c}\u{1}\u{1f}\u{7f}",
                "\"\\n\\r\\t\\b\\f\\u0001\\u001f\u{7f}\"",
            ),
            ("<a> & b", r#""\u003ca\u003e \u0026 b""#),
            (
                "x\u{2028}y\u{2029}z\u{2027}",
                "\"x\\u2028y\\u2029z\u{2027}\"",
            ),
        ] {
            let mut out = String::new();
            string(&mut out, text);
            assert_eq!(out, expected);
            assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
        }
    }

    #[test]
    fn quantities_and_numbers_or_texts() {
        let cursor = |bytes| Cursor::new(bytes, 0);
        assert_eq!(quantity(cursor(&[0x0a, 2, b'1', b'm'])), Ok("1m"));
        assert_eq!(quantity(cursor(&[])), Ok("0"));
        let read = |bytes| match int_or_string(cursor(bytes)).unwrap() {
            IntOrString::Int(value) => value.to_string(),
            IntOrString::Text(text) => format!("{text:?}"),
        };
        assert_eq!(read(&[0x08, 0, 0x10, 80, 0x1a, 0]), "80");
        assert_eq!(read(&[0x08, 1, 0x10, 0, 0x1a, 2, b'5', b'%']), "\"5%\"");
        assert_eq!(read(&[]), "0");
    }
}
