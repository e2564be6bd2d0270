//! Owns the way between a target of HTTP (`/a%20b?x=1`) and its decoded parts; refuses everything before the path.

#[cfg(not(target_arch = "wasm32"))]
use std::fmt::Write;

/// Decoded segments and decoded parameters.
#[cfg(not(target_arch = "wasm32"))]
type Parts = (Vec<String>, Vec<(String, String)>);

/// Decoded segments, and decoded parameters; none when it does not begin with `/` or is not UTF-8 once decoded.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn split(target: &str) -> Option<Parts> {
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, query),
        None => (target, ""),
    };
    let path = path.strip_prefix('/')?;
    let segments = if path.is_empty() {
        Vec::new()
    } else {
        let decoded = path.split('/').map(|segment| decode(segment, false));
        decoded.collect::<Option<_>>()?
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((decode(key, true)?, decode(value, true)?))
    });
    Some((segments, pairs.collect::<Option<_>>()?))
}

/// The target of decoded parts, so that it can be put into a file.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn join(path: &[String], query: &[(String, String)]) -> String {
    let mut text = String::new();
    for segment in path {
        text.push('/');
        encode(segment, &mut text);
    }
    if path.is_empty() {
        text.push('/');
    }
    for (index, (key, value)) in query.iter().enumerate() {
        text.push(if index == 0 { '?' } else { '&' });
        encode(key, &mut text);
        text.push('=');
        encode(value, &mut text);
    }
    text
}

/// The text of a part; none when it is no UTF-8 or breaks off within an escape.
pub(crate) fn decode(text: &str, plus_is_space: bool) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let value = digit(rest.next()?)? * 16 + digit(rest.next()?)?;
                u8::try_from(value).ok()?
            }
            b'+' if plus_is_space => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(not(target_arch = "wasm32"))]
fn encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => into.push(char::from(byte)),
            b'-' | b'.' | b'_' | b'~' | b'*' | b':' | b',' | b'@' => into.push(char::from(byte)),
            // Writing to a String does not fail.
            _ => drop(write!(into, "%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_taken_apart_and_put_together() {
        let (path, query) = split("/a%20b/c%2Fd?x=1+2&y=%C3%A9&z").unwrap();
        assert_eq!(path, ["a b", "c/d"]);
        let pairs: Vec<_> = query
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        assert_eq!(pairs, [("x", "1 2"), ("y", "é"), ("z", "")]);
        assert_eq!(join(&path, &query), "/a%20b/c%2Fd?x=1%202&y=%C3%A9&z=");
        assert_eq!(split("/").unwrap(), (vec![], vec![]));
        assert_eq!(join(&[], &[]), "/");
        for wrong in ["", "a", "?x", "/%", "/%4", "/%zz", "/%ff", "/é?x=%80"] {
            assert!(split(wrong).is_none(), "{wrong}");
        }
    }
}
