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
        _ if head.status >= 400 => refused(head, body),
        Ok(_) => not_an_answer(head, "it has neither `errorType` nor `error`"),
        Err(cause) => not_an_answer(head, &cause.to_string()),
    }
}

/// The most characters of a body in no known form that are quoted: a sentence, and no page.
const MAX_QUOTED_CHARACTERS: usize = 200;

/// An error of what answers in the API's place, or of Prometheus where it does not speak as the API does: its status is what counts.
fn refused(head: &ResponseHead, body: &[u8]) -> Error {
    let code = code_of_body(head.status);
    let said = match quotable(body) {
        said if said.is_empty() => "without a word".to_owned(),
        said => format!("`{said}`"),
    };
    let message = format!(
        "expected Prometheus' answer, but Prometheus, or a proxy before it, answered {}: {said}",
        head.status
    );
    let error = Error::new(code, message)
        .with_status(head.status)
        .with_retry_after(http::retry_after_ms(head));
    hinted(error)
}

/// What a body says in one line: the title of a page, or else the first line that says anything.
fn quotable(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let title = text
        .split_once("<title>")
        .and_then(|(_, rest)| rest.split_once("</title>"));
    let line = match title {
        Some((title, _)) => title,
        None => text
            .lines()
            .find(|line| !line.trim().is_empty())
            .unwrap_or_default(),
    };
    let mut words = line.trim().chars().map(|c| match c {
        c if c.is_control() => ' ',
        c => c,
    });
    let mut quoted: String = words.by_ref().take(MAX_QUOTED_CHARACTERS).collect();
    if words.next().is_some() {
        quoted.push('…');
    }
    quoted
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

/// What the status means of a body that is not the API's.
fn code_of_body(status: u16) -> ErrorCode {
    match status {
        // A 400 without the API's envelope is somebody else's: a proxy, or not Prometheus.
        200..=299 | 400 | 422 => ErrorCode::Protocol,
        status => code_of_status(status),
    }
}

/// Something that is not the API's.
pub(super) fn not_an_answer(head: &ResponseHead, cause: &str) -> Error {
    let kind = http::header(head, "content-type").unwrap_or("no content type");
    let error = Error::new(
        code_of_body(head.status),
        format!(
            "expected Prometheus' JSON answer, got status {} and {kind}: {cause}",
            head.status
        ),
    )
    .with_status(head.status)
    .with_retry_after(http::retry_after_ms(head));
    hinted(error)
}

/// What to do about an error that is not in the API's words.
fn hinted(error: Error) -> Error {
    match error.code {
        ErrorCode::Unauthenticated | ErrorCode::PermissionDenied => error.with_hint(AUTH_HINT),
        ErrorCode::NotFound | ErrorCode::Protocol => error.with_hint(
            "check the connection's `url`: the API must be below it at /api/v1 (Mimir needs the prefix /prometheus); servers other than Prometheus may lack what some tables read",
        ),
        ErrorCode::RateLimited => error.with_hint(
            "ask again later, or let the connection ask less at once: `limits: {requests_in_flight: 1}`",
        ),
        ErrorCode::Unavailable => {
            error.with_hint("check that Prometheus runs, and that the proxy before it reaches it")
        }
        ErrorCode::Timeout => error.with_hint(
            "narrow the selectors or the time, or raise the timeout of the proxy before Prometheus",
        ),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_quoted_in_one_line() {
        let long = "é".repeat(MAX_QUOTED_CHARACTERS + 1);
        let cut = format!("{}…", "é".repeat(MAX_QUOTED_CHARACTERS));
        for (body, quoted) in [
            (&b""[..], ""),
            (b" \r\n\n", ""),
            (b"Unauthorized\n", "Unauthorized"),
            (b"\r\n two\tparts \x1b[31m\r\nmore", "two parts  [31m"),
            (
                b"<html>\n<head><title>502 Bad\nGateway</title>",
                "502 Bad Gateway",
            ),
            (b"<title>open", "<title>open"),
            (b"\xff", "\u{fffd}"),
            (long.as_bytes(), &cut),
        ] {
            assert_eq!(quotable(body), quoted);
        }
    }
}
