//! The failed answers of a remote that came over HTTP: of their bodies only what a client has to act upon is passed on, never words
//! of theirs. Who registers an address could otherwise read with our errors what answers there.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http_body_util::{BodyExt, Full};
use serde_json::{Value as Json, json};

use crate::response::Body;

/// A Status of Kubernetes has below 1 KiB; what is larger is none.
const MAX_STATUS_BYTES: usize = 64 * 1024;
/// Kubernetes' reasons are single words, such as `Expired`.
const MAX_REASON_BYTES: usize = 64;

/// The response, with another body if it is a failure.
pub(crate) async fn silenced(
    response: http::Response<Body>,
    idle_timeout: Duration,
) -> http::Response<Body> {
    if !(response.status().is_client_error() || response.status().is_server_error()) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let read = tokio::time::timeout(idle_timeout, whole(body)).await;
    let kept = read.ok().flatten();
    let kept = kept.and_then(|bytes| kept_of(&bytes)).unwrap_or_default();
    parts.headers.clear();
    if !kept.is_empty() {
        let json = HeaderValue::from_static("application/json");
        parts.headers.insert(CONTENT_TYPE, json);
    }
    let body = Full::new(Bytes::from(kept)).map_err(|never| match never {});
    http::Response::from_parts(parts, body.boxed_unsync())
}

/// The whole body; none when it breaks off or is too large.
async fn whole(mut body: Body) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Some(data) = frame.ok()?.data_ref() {
            bytes.extend_from_slice(data);
        }
        if bytes.len() > MAX_STATUS_BYTES {
            return None;
        }
    }
    Some(bytes)
}

/// Of a Status of Kubernetes: its reason and the token with which an expired list goes on.
fn kept_of(body: &[u8]) -> Option<String> {
    let status: Json = serde_json::from_slice(body).ok()?;
    let word = |text: &&str| {
        text.len() <= MAX_REASON_BYTES && text.bytes().all(|it| it.is_ascii_alphanumeric())
    };
    if status.get("kind")?.as_str()? != "Status" {
        return None;
    }
    let reason = status.get("reason")?.as_str().filter(word)?;
    let token = status.pointer("/metadata/continue").and_then(Json::as_str);
    let kept = json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": token.map_or_else(|| json!({}), |token| json!({ "continue": token })),
        "status": "Failure",
        "reason": reason,
    });
    Some(kept.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_and_a_token_are_kept_and_words_are_not() {
        for (body, expected) in [
            ("PLANTED", None),
            (r#"{"message": "PLANTED"}"#, None),
            (r#"{"kind": "Status", "message": "PLANTED"}"#, None),
            (r#"{"kind": "Status", "reason": "PLANTED words"}"#, None),
            (
                r#"{"kind": "Status", "reason": "Expired", "message": "PLANTED", "metadata": {"continue": "t", "x": "PLANTED"}, "details": "PLANTED"}"#,
                Some(
                    r#"{"kind":"Status","apiVersion":"v1","metadata":{"continue":"t"},"status":"Failure","reason":"Expired"}"#,
                ),
            ),
            (
                r#"{"kind": "Status", "reason": "Forbidden", "message": "PLANTED"}"#,
                Some(
                    r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","reason":"Forbidden"}"#,
                ),
            ),
        ] {
            assert_eq!(kept_of(body.as_bytes()).as_deref(), expected, "{body}");
        }
    }
}
