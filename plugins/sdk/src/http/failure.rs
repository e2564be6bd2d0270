//! Owns what an answer that is no success is told as; refuses to know how one API writes its errors, which is its plugin's.

use serde_json::Value;

use super::retry_after_ms;
use crate::code_of_status;
use crate::types::{Error, ResponseHead};

/// How much of a body an error quotes, in characters: the first sentence of a message.
const QUOTED: usize = 200;

/// Where APIs put their message, as JSON pointers.
const MESSAGES: [&str; 7] = [
    "/message",
    "/error/message",
    "/error_description",
    "/error",
    "/errors/0/message",
    "/errors/0",
    "/detail",
];

/// The error that an answer means which is no success: its kind is the status's, its message the remote's own where the body has
/// one in one of the usual places. `asked` is what was asked: `GET /v2/_catalog`.
pub fn failure(asked: &str, head: &ResponseHead, body: &[u8]) -> Error {
    let said = message(body);
    let said = said.map_or_else(String::new, |text| format!(": {text}"));
    Error::new(
        code_of_status(head.status),
        format!(
            "expected an answer to `{asked}`, got status {}{said}",
            head.status
        ),
    )
    .with_status(head.status)
    .with_retry_after(retry_after_ms(head))
}

/// What the body says, on one line.
fn message(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let parsed = serde_json::from_str::<Value>(text).ok();
    let found = parsed.as_ref().and_then(|document| {
        let mut found = MESSAGES
            .iter()
            .filter_map(|at| document.pointer(at)?.as_str());
        found.find(|text| !text.trim().is_empty())
    });
    // A page of HTML says nothing in its first line.
    let plain = !text.trim_start().starts_with('<');
    let text = found.or_else(|| plain.then_some(text))?;
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    let mut quoted: String = line.chars().take(QUOTED).collect();
    if quoted.len() < line.len() {
        quoted.push('…');
    }
    (!quoted.is_empty()).then_some(quoted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ErrorCode;

    #[test]
    fn the_remotes_own_words_are_told() {
        let head = |status| ResponseHead {
            status,
            headers: vec![("Retry-After".into(), "2".into())],
        };
        for (body, expected) in [
            (r#"{"message": "no\nsuch"}"#, ": no such"),
            (r#"{"error": {"message": "b"}, "message": " "}"#, ": b"),
            (
                r#"{"errors": [{"code": "NAME_UNKNOWN", "message": "unknown"}]}"#,
                ": unknown",
            ),
            (r#"{"errors": ["c"]}"#, ": c"),
            ("plain", ": plain"),
            ("<html>", ""),
            ("", ""),
        ] {
            let error = failure("GET /x", &head(404), body.as_bytes());
            let message = format!("expected an answer to `GET /x`, got status 404{expected}");
            assert_eq!(error.message, message);
            assert_eq!(
                (error.code, error.http_status),
                (ErrorCode::NotFound, Some(404))
            );
        }
        let error = failure("GET /x", &head(429), "x".repeat(500).as_bytes());
        assert!(error.message.chars().count() < 300 && error.message.ends_with('…'));
        assert_eq!(error.retry_after_ms, Some(2000));
        assert!(
            failure("GET /x", &head(500), &[0xff])
                .message
                .ends_with("500")
        );
    }
}
