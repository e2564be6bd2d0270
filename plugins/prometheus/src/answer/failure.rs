//! Owns the errors of the API and of what stands before it as typed ones, with the server's own words; refuses answers that are none.

use serde::Deserialize;
use trawl_sdk::types::{ErrorCode, ResponseHead};
use trawl_sdk::{Error, code_of_status, http};

/// The part of an answer that says what went wrong.
/// <https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview>
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Words {
    #[serde(rename = "errorType")]
    pub(super) kind: String,
    #[serde(rename = "error")]
    pub(super) text: String,
}

/// The error in the body of an answer that is no success.
pub(super) fn of_body(head: &ResponseHead, body: &[u8]) -> Error {
    match serde_json::from_slice::<Words>(body) {
        Ok(words) if !words.kind.is_empty() || !words.text.is_empty() => of_words(head, &words),
        Ok(_) => not_an_answer(head, "it has neither `errorType` nor `error`"),
        Err(cause) => not_an_answer(head, &cause.to_string()),
    }
}

/// The server's error. Kinds as in Prometheus' web/api/v1/api.go.
pub(super) fn of_words(head: &ResponseHead, words: &Words) -> Error {
    // 3.5 calls a timeout that is too small `bad_data`; only the text tells.
    let deadline = ["context deadline exceeded", "query timed out"]
        .iter()
        .any(|text| words.text.contains(text));
    let code = match words.kind.as_str() {
        _ if deadline => ErrorCode::Timeout,
        "bad_data" | "execution" => ErrorCode::InvalidQuery,
        "timeout" | "canceled" => ErrorCode::Timeout,
        "unavailable" | "internal" => ErrorCode::Unavailable,
        "not_found" => ErrorCode::NotFound,
        // An error in a 200 is one all the same.
        _ if (200..300).contains(&head.status) => ErrorCode::Protocol,
        _ => code_of_status(head.status),
    };
    let kind = match words.kind.as_str() {
        "" => format!("status {}", head.status),
        kind => kind.to_owned(),
    };
    let error = Error::new(
        code,
        format!("Prometheus refused the query ({kind}): {}", words.text),
    )
    .with_status(head.status)
    .with_retry_after(http::retry_after_ms(head));
    match code {
        ErrorCode::InvalidQuery if words.text.contains(TOO_MANY_SAMPLES) => error.with_hint(
            "narrow the selectors or the time, or raise the server's --query.max-samples",
        ),
        ErrorCode::InvalidQuery => error.with_hint("correct the PromQL text"),
        ErrorCode::Timeout => error.with_hint("narrow the selectors, or give the query more time"),
        ErrorCode::Unauthenticated | ErrorCode::PermissionDenied => error.with_hint(AUTH_HINT),
        _ => error,
    }
}

/// What Prometheus says when a query would hold more samples than `--query.max-samples`; promql/engine.go, ErrTooManySamples.
const TOO_MANY_SAMPLES: &str = "too many samples";

const AUTH_HINT: &str =
    "check `auth` of the connection, and the tenant in its `headers` (X-Scope-OrgID)";

/// Whether less time would do: the server refused a range only for its size.
pub(crate) fn is_too_large(error: &Error) -> bool {
    error.code == ErrorCode::InvalidQuery && error.message.contains(TOO_MANY_SAMPLES)
}

/// Something that is not the API's.
pub(super) fn not_an_answer(head: &ResponseHead, cause: &str) -> Error {
    let kind = http::header(head, "content-type").unwrap_or("no content type");
    let code = match head.status {
        // A 400 without the API's envelope is somebody else's: a proxy, or not Prometheus.
        200..=299 | 400 | 422 => ErrorCode::Protocol,
        status => code_of_status(status),
    };
    let error = Error::new(
        code,
        format!(
            "expected Prometheus' JSON answer, got status {} and {kind}: {cause}",
            head.status
        ),
    )
    .with_status(head.status)
    .with_retry_after(http::retry_after_ms(head));
    match code {
        ErrorCode::Unauthenticated | ErrorCode::PermissionDenied => error.with_hint(AUTH_HINT),
        ErrorCode::NotFound | ErrorCode::Protocol => error.with_hint(
            "check the connection's `url`: the API must be below it at /api/v1 (Mimir needs the prefix /prometheus); servers other than Prometheus may lack what some tables read",
        ),
        _ => error,
    }
}
