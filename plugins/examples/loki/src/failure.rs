//! Owns the errors of Loki, and of what stands before it, as typed ones with the server's own words; refuses answers that are none.
//!
//! Loki says what is wrong in plain text (`pkg/util/server/error.go`); gateways before it say it as JSON or as a page. The texts
//! that are looked for are those of <https://grafana.com/docs/loki/latest/operations/troubleshooting/troubleshoot-query/>.

use serde::Deserialize;
use trawl_sdk::types::{ErrorCode, ResponseHead};
use trawl_sdk::{Error, code_of_status, http};

/// The most characters of a body that are quoted: a sentence, and no page.
const MAX_QUOTED: usize = 300;

/// What Loki says when it would read more for a range than it may; less time is then an answer.
const TOO_LARGE: [&str; 5] = [
    "the query time range exceeds the limit",
    "the query would read too many bytes",
    "query too large to execute on a single querier",
    "the query hit the max number of chunks limit",
    "the query hit the max number of series",
];

/// What it says when a request asks for more entries than `max_entries_limit_per_query`.
const TOO_MANY: &str = "max entries limit per query exceeded";

/// Whether less time would do: the server refused a range only for its size.
pub(crate) fn is_too_large(error: &Error) -> bool {
    error.code == ErrorCode::InvalidQuery
        && TOO_LARGE.iter().any(|text| error.message.contains(text))
}

/// The most entries of a request that the server says it takes, where that was the mistake: `… (5000 > 1000)`.
pub(crate) fn entries_allowed(error: &Error) -> Option<u64> {
    let (_, behind) = error.message.split_once(TOO_MANY)?;
    let (_, number) = behind.rsplit_once('>')?;
    let digits: String = number
        .chars()
        .skip_while(|c| c.is_whitespace())
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().ok().filter(|allowed| *allowed > 0)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Words {
    message: String,
    error: String,
}

/// What a body says in one line: a member of its JSON, the title of a page, or the first line that says anything.
fn quotable(body: &[u8]) -> String {
    let words: Words = serde_json::from_slice(body).unwrap_or_default();
    let text = String::from_utf8_lossy(body);
    let title = text
        .split_once("<title>")
        .and_then(|(_, rest)| rest.split_once("</title>"))
        .map(|(title, _)| title);
    let first = || text.lines().find(|line| !line.trim().is_empty());
    let line = [words.message.as_str(), words.error.as_str()]
        .into_iter()
        .find(|text| !text.is_empty())
        .or(title)
        .or_else(first)
        .unwrap_or_default();
    let mut quoted: String = line
        .trim()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX_QUOTED)
        .collect();
    if line.trim().chars().count() > MAX_QUOTED {
        quoted.push('…');
    }
    quoted
}

/// The error that an answer with a status of 400 or more is.
pub(crate) fn of_body(head: &ResponseHead, body: &[u8]) -> Error {
    let said = quotable(body);
    // `no org id` is Loki's word for a tenant that is missing, with a 401 or a 400.
    let tenant = said.contains("no org id");
    let code = match head.status {
        _ if tenant => ErrorCode::Unauthenticated,
        // The frontend's word for a queue that is full.
        500 if said.contains("too many outstanding requests") => ErrorCode::RateLimited,
        500 if said.contains("context deadline exceeded") => ErrorCode::Timeout,
        status => code_of_status(status),
    };
    let words = if said.is_empty() {
        "without a word".to_owned()
    } else {
        format!("`{said}`")
    };
    let error = Error::new(
        code,
        format!(
            "Loki, or a proxy before it, answered {}: {words}",
            head.status
        ),
    )
    .with_status(head.status)
    .with_retry_after(http::retry_after_ms(head));
    match code {
        ErrorCode::InvalidQuery if is_too_large(&error) => {
            error.with_hint("narrow the labels or the time")
        }
        ErrorCode::InvalidQuery if said.contains("max_query_lookback") => {
            error.with_hint("ask for a later time: the server keeps no older entries")
        }
        ErrorCode::InvalidQuery if said.contains("maximum number of series") => {
            error.with_hint("aggregate over fewer labels, or narrow the selector")
        }
        ErrorCode::InvalidQuery => error.with_hint("correct the LogQL text; `explain` shows it"),
        ErrorCode::Timeout => error.with_hint("narrow the labels or the time"),
        ErrorCode::Unauthenticated | ErrorCode::PermissionDenied => error.with_hint(
            "check `auth` of the connection, and the tenant in its `headers` (X-Scope-OrgID)",
        ),
        ErrorCode::NotFound => {
            error.with_hint("check the connection's `url`: the API is below it at /loki/api/v1")
        }
        _ => error,
    }
}

/// Something that is not the API's.
pub(crate) fn not_an_answer(head: &ResponseHead, cause: &str) -> Error {
    let kind = http::header(head, "content-type").unwrap_or("no content type");
    Error::protocol(format!(
        "expected Loki's JSON answer, got status {} and {kind}: {cause}",
        head.status
    ))
    .with_status(head.status)
    .with_hint("check the connection's `url`: the API is below it at /loki/api/v1")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(status: u16, body: &str) -> Error {
        let head = ResponseHead {
            status,
            headers: vec![("content-type".into(), "text/plain".into())],
        };
        of_body(&head, body.as_bytes())
    }

    #[test]
    fn words_become_kinds() {
        use ErrorCode::*;
        for (status, body, code) in [
            (
                400,
                "parse error at line 1, col 2: syntax error",
                InvalidQuery,
            ),
            (401, "no org id", Unauthenticated),
            (400, "no org id\n", Unauthenticated),
            (403, r#"{"message":"nope"}"#, PermissionDenied),
            (404, "404 page not found", NotFound),
            (429, "too many outstanding requests", RateLimited),
            (500, "too many outstanding requests", RateLimited),
            (500, "context deadline exceeded", Timeout),
            (502, "<html><title>Bad gateway</title>", Unavailable),
            (504, "", Timeout),
        ] {
            assert_eq!(told(status, body).code, code, "{status} {body}");
        }
        assert!(
            told(403, r#"{"message":"nope"}"#)
                .message
                .ends_with("403: `nope`")
        );
        assert!(
            told(502, "<title>Bad gateway</title>")
                .message
                .contains("`Bad gateway`")
        );
        assert!(told(500, &"x".repeat(1_000)).message.chars().count() < 400);
        assert!(told(500, "\n").message.contains("without a word"));
    }

    #[test]
    fn limits_are_understood() {
        let error = told(
            400,
            "max entries limit per query exceeded, limit > max_entries_limit (5000 > 1000)",
        );
        assert_eq!(entries_allowed(&error), Some(1_000));
        assert_eq!(entries_allowed(&told(400, "a > 5")), None);
        let long = "the query time range exceeds the limit (query length: 1h0m0s, limit: 30m0s)";
        assert!(is_too_large(&told(400, long)));
        assert!(!is_too_large(&told(500, long)));
    }
}
