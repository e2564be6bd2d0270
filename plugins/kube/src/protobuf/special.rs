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

/// Writes a number.
pub(crate) fn number(out: &mut String, value: i64) {
    if value < 0 {
        out.push('-');
    }
    digits(out, value.unsigned_abs(), 1);
}

/// Writes a number without sign, with at least `width` digits (20 at most).
pub(crate) fn digits(out: &mut String, value: u64, width: usize) {
    /// The digits of 2^64.
    const MOST: usize = 20;
    let mut text = [b'0'; MOST];
    let (mut rest, mut written) = (value, 0);
    for place in text.iter_mut().rev() {
        if rest == 0 && written >= width {
            break;
        }
        // A digit is below ten.
        *place = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
        written += 1;
    }
    let text = text.get(MOST - written..).unwrap_or_default();
    out.push_str(std::str::from_utf8(text).unwrap_or_default());
}

/// Whether a byte may have to be escaped. U+2028 and U+2029, which JavaScript takes for ends of lines, begin with 0xe2.
fn may_be_special(byte: u8) -> bool {
    byte < 0x20 || matches!(byte, b'"' | b'\\' | b'<' | b'>' | b'&' | 0xe2)
}

/// Writes a text as a JSON string, with the escapes of Go's encoder: a document is the same text in both encodings.
pub(crate) fn string(out: &mut String, text: &str) {
    out.push('"');
    // Without a way out of the loop, many bytes are compared at once.
    if text
        .bytes()
        .fold(false, |any, byte| any | may_be_special(byte))
    {
        escaped(out, text);
    } else {
        out.push_str(text);
    }
    out.push('"');
}

fn escaped(out: &mut String, text: &str) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        if !may_be_special(byte) {
            continue;
        }
        let rest = text.get(at..).unwrap_or_default();
        let (escape, length) = match byte {
            b'"' => ("\\\"", 1),
            b'\\' => ("\\\\", 1),
            b'\n' => ("\\n", 1),
            b'\r' => ("\\r", 1),
            b'\t' => ("\\t", 1),
            0x08 => ("\\b", 1),
            0x0c => ("\\f", 1),
            0xe2 if rest.starts_with('\u{2028}') => ("\\u2028", 3),
            0xe2 if rest.starts_with('\u{2029}') => ("\\u2029", 3),
            0xe2 => continue,
            _ => ("", 1),
        };
        out.push_str(text.get(from..at).unwrap_or_default());
        if escape.is_empty() {
            // Writing to a String never fails.
            let _ = write!(out, "\\u{byte:04x}");
        } else {
            out.push_str(escape);
        }
        from = at + length;
    }
    out.push_str(text.get(from..).unwrap_or_default());
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
    fn numbers_have_their_digits() {
        for value in [0, 7, -1, 10, -300, 123_456_789, i64::MAX, i64::MIN] {
            let mut out = String::new();
            number(&mut out, value);
            assert_eq!(out, value.to_string());
        }
        let mut out = String::new();
        digits(&mut out, 7, 4);
        digits(&mut out, u64::MAX, 1);
        assert_eq!(out, format!("0007{}", u64::MAX));
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
