//! Owns the reading of failed answers: the API's Status objects and what stands in front of them. Refuses to retry.

use serde::Deserialize;
use trawl_sdk::types::{ErrorCode, ResponseHead};
use trawl_sdk::{Error, code_of_status, http};

use crate::protobuf;

/// Bytes of a server's message that are passed on.
const MAX_MESSAGE_BYTES: usize = 1024;

/// Status, <https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#Status>.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Status {
    pub(crate) message: String,
    reason: String,
    metadata: Metadata,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    #[serde(rename = "continue")]
    token: String,
}

impl Status {
    /// Reads a body; one that is no Status gives its text, cut, or nothing.
    pub(crate) fn read(head: &ResponseHead, body: &[u8]) -> Self {
        // Who accepts protobuf is refused in protobuf too.
        let rendered = protobuf::status(body);
        let json = rendered.as_ref().map_or(body, |text| text.as_bytes());
        if let Ok(status) = serde_json::from_slice::<Self>(json)
            && !(status.message.is_empty() && status.reason.is_empty())
        {
            return Self {
                message: cut(&status.message).to_owned(),
                ..status
            };
        }
        // A proxy's page says nothing that belongs into an error; a plain line does.
        let plain = http::header(head, "content-type").is_some_and(|t| t.starts_with("text/plain"));
        let text = std::str::from_utf8(body).unwrap_or_default().trim();
        Self {
            message: if plain {
                cut(text).to_owned()
            } else {
                String::new()
            },
            ..Self::default()
        }
    }

    /// A token that an expired list goes on with.
    pub(crate) fn fresh_token(&self) -> Option<&str> {
        Some(self.metadata.token.as_str()).filter(|token| !token.is_empty())
    }

    /// Whether the API itself said it, and nothing in front of it.
    pub(crate) fn is_of_the_api(&self) -> bool {
        !self.reason.is_empty()
    }

    /// The typed error of a list. `what` names it, `namespaced` says whether its objects are in namespaces, `selects` whether
    /// filters were sent.
    pub(crate) fn error(
        &self,
        head: &ResponseHead,
        what: &str,
        namespaced: bool,
        selects: bool,
    ) -> Error {
        let error = self.refusal(head, &format!("listing {what}"), selects);
        match error.code {
            ErrorCode::PermissionDenied => {
                // What is in no namespace is listed whole or not at all.
                let otherwise = if namespaced {
                    ", or name the allowed namespaces under `namespaces` in the connection's configuration"
                } else {
                    ""
                };
                error.with_hint(format!("grant the verb `list` on {what}{otherwise}"))
            }
            ErrorCode::Expired => error.with_hint("the list took longer than the server keeps its version; try again, or narrow the query"),
            _ => error,
        }
    }

    /// The typed error of any request. `doing` says what was refused, `selects` whether anything of the query was sent.
    pub(crate) fn refusal(&self, head: &ResponseHead, doing: &str, selects: bool) -> Error {
        let code = match (head.status, self.reason.as_str()) {
            (_, "Timeout") => ErrorCode::Timeout,
            (_, "Expired") => ErrorCode::Expired,
            // Without a selector there is nothing in the request that the query could have got wrong.
            (400 | 422, _) if !selects => ErrorCode::Protocol,
            (status, _) => code_of_status(status),
        };
        let said = if self.message.is_empty() {
            "no message"
        } else {
            &self.message
        };
        let error = Error::new(
            code,
            format!("{doing} was refused with status {}: {said}", head.status),
        )
        .with_status(head.status)
        .with_retry_after(http::retry_after_ms(head));
        match code {
            ErrorCode::Unauthenticated => error
                .with_hint("check the credential of this context; `kubectl get ns` uses the same"),
            ErrorCode::RateLimited => {
                error.with_hint("the API server is overloaded; try again later")
            }
            _ => error,
        }
    }
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(MAX_MESSAGE_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(status: u16, kind: &str) -> ResponseHead {
        ResponseHead {
            status,
            headers: vec![
                ("Content-Type".into(), kind.into()),
                ("Retry-After".into(), "2".into()),
            ],
        }
    }

    #[test]
    fn statuses_become_typed_errors() {
        let forbidden =
            br#"{"kind":"Status","message":"pods is forbidden","reason":"Forbidden","code":403}"#;
        let timeout = br#"{"kind":"Status","message":"slow","reason":"Timeout","code":500}"#;
        for (status, kind, body, selects, code, part) in [
            (
                403,
                "application/json",
                &forbidden[..],
                false,
                ErrorCode::PermissionDenied,
                "pods is forbidden",
            ),
            (
                500,
                "application/json",
                &timeout[..],
                false,
                ErrorCode::Timeout,
                "slow",
            ),
            (
                400,
                "application/json",
                br#"{"message":"bad"}"#,
                true,
                ErrorCode::InvalidQuery,
                "bad",
            ),
            (
                400,
                "application/json",
                br#"{"message":"bad"}"#,
                false,
                ErrorCode::Protocol,
                "bad",
            ),
            (
                429,
                "text/plain; charset=utf-8",
                b"Too many requests\n",
                false,
                ErrorCode::RateLimited,
                "Too many requests",
            ),
            (
                502,
                "text/html",
                b"<html>secret</html>",
                false,
                ErrorCode::Unavailable,
                "no message",
            ),
            (
                503,
                "text/plain",
                b"\xff\xfe",
                false,
                ErrorCode::Unavailable,
                "no message",
            ),
        ] {
            let head = head(status, kind);
            let error = Status::read(&head, body).error(&head, "pods", true, selects);
            assert_eq!(error.code, code, "{}", error.message);
            assert!(
                error.message.contains(part) && error.message.contains("listing pods"),
                "{}",
                error.message
            );
            assert!(!error.message.contains("secret"));
            assert_eq!(
                (error.http_status, error.retry_after_ms),
                (Some(status), Some(2000))
            );
        }
    }

    #[test]
    fn namespaces_are_no_way_around_what_is_forbidden_of_the_cluster() {
        let head = head(403, "application/json");
        let body = br#"{"message":"forbidden","reason":"Forbidden"}"#;
        let hint = |what: &str, namespaced| {
            let error = Status::read(&head, body).error(&head, what, namespaced, false);
            assert_eq!(error.code, ErrorCode::PermissionDenied);
            error.hint.unwrap()
        };
        assert_eq!(hint("nodes", false), "grant the verb `list` on nodes");
        let pods = hint("pods", true);
        assert!(
            pods.starts_with("grant the verb `list` on pods, or name"),
            "{pods}"
        );
        assert!(pods.contains("under `namespaces`"), "{pods}");
    }

    #[test]
    fn a_refusal_in_protobuf_is_read() {
        let body = include_bytes!("../../../tests/recordings/error-406-crd-protobuf.bin");
        let head = head(406, "application/vnd.kubernetes.protobuf");
        let error = Status::read(&head, body).error(&head, "applications", true, false);
        let said = "only the following media types are accepted: application/json";
        assert!(error.message.contains(said), "{}", error.message);
        assert_eq!(Status::read(&head, b"k8s\0\x0a\xff").message, "");
    }

    #[test]
    fn long_messages_are_cut_at_a_character() {
        let head = head(500, "text/plain");
        let body = format!("x{}", "é".repeat(2000));
        assert_eq!(
            Status::read(&head, body.as_bytes()).message.len(),
            MAX_MESSAGE_BYTES - 1
        );
    }
}
