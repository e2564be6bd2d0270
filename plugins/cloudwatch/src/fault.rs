//! Owns the services' errors as typed ones, with their own words; refuses to repeat what may hold a credential.
//!
//! The kind stands in `__type` of the body, sometimes behind a namespace (`com.amazonaws.logs#…`) or before an address, or in the
//! header of [`TYPE_HEADER`]. Kinds: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CommonErrors.html> and the
//! errors of each action.

use serde::Deserialize;
use trawl_sdk::types::{ErrorCode, ResponseHead};
use trawl_sdk::{Error, code_of_status, http};

use crate::service::Action;

/// The header that says the kind as well.
pub(crate) const TYPE_HEADER: &str = "x-amzn-errortype";

/// Characters of the service's own words that are passed on. A signature's error goes on with the whole canonical request.
const MAX_WORDS: usize = 600;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fault {
    #[serde(rename = "__type")]
    kind: Option<String>,
    #[serde(alias = "Message", alias = "errorMessage")]
    message: Option<String>,
    #[serde(rename = "queryCompileError")]
    compile_error: Option<CompileError>,
}

/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_QueryCompileError.html>
#[derive(Debug, Deserialize)]
struct CompileError {
    #[serde(default)]
    location: Option<Location>,
    #[serde(default)]
    message: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    start_char_offset: u64,
    end_char_offset: u64,
}

/// The typed error of an answer that is no success.
pub(crate) fn read(action: Action, head: &ResponseHead, body: &str) -> Error {
    let fault: Fault = serde_json::from_str(body).unwrap_or_default();
    let named = fault.kind.as_deref();
    let Some(kind) = named.or_else(|| http::header(head, TYPE_HEADER)) else {
        return foreign(action, head, "no `__type` in it");
    };
    let kind = bare(kind);
    let mut code = code_of_kind(kind).unwrap_or_else(|| code_of_status(head.status));
    let compile = fault.compile_error.as_ref();
    let words = fault
        .message
        .as_deref()
        .or_else(|| compile.and_then(|error| error.message.as_deref()))
        .map_or("no further words", first_line);
    // Logs have no kind of their own for it, and it is nothing that the query said.
    if code == ErrorCode::InvalidQuery && words.contains("nextToken") {
        code = ErrorCode::Expired;
    }
    let place = compile.and_then(|error| error.location.as_ref());
    let place = place.map_or_else(String::new, |at| {
        format!(
            ", at characters {} to {} of the query",
            at.start_char_offset, at.end_char_offset
        )
    });
    let error = Error::new(
        code,
        format!("{} was refused ({kind}): {words}{place}", action.name()),
    )
    .with_status(head.status)
    .with_retry_after(http::retry_after_ms(head));
    match hint(action, kind, code) {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

/// `com.amazonaws.logs#ThrottlingException:http://…` is `ThrottlingException`.
fn bare(kind: &str) -> &str {
    let kind = kind.rsplit_once('#').map_or(kind, |(_, name)| name);
    kind.split_once(':').map_or(kind, |(name, _)| name)
}

/// What the service says, up to the end of its first line.
fn first_line(words: &str) -> &str {
    let line = words.lines().next().unwrap_or_default();
    match line.char_indices().nth(MAX_WORDS) {
        Some((end, _)) => line.get(..end).unwrap_or_default(),
        None => line,
    }
}

fn code_of_kind(kind: &str) -> Option<ErrorCode> {
    // The query protocol's names lack `Exception`, and gateways in front of the services use either.
    Some(match kind.strip_suffix("Exception").unwrap_or(kind) {
        "ResourceNotFound" => ErrorCode::NotFound,
        "Throttling"
        | "Throttled"
        | "TooManyRequests"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "SlowDown"
        | "LimitExceeded"
        | "LimitExceededFault" => ErrorCode::RateLimited,
        "AccessDenied" | "UnauthorizedOperation" | "NotAuthorized" | "OptInRequired" => {
            ErrorCode::PermissionDenied
        }
        "ExpiredToken"
        | "RequestExpired"
        | "UnrecognizedClient"
        | "InvalidClientTokenId"
        | "InvalidSignature"
        | "SignatureDoesNotMatch"
        | "MissingAuthenticationToken"
        | "IncompleteSignature"
        | "InvalidToken"
        | "AuthFailure" => ErrorCode::Unauthenticated,
        "MalformedQuery" => ErrorCode::InvalidQuery,
        "Validation"
        | "ValidationError"
        | "MissingParameter"
        | "MissingRequiredParameter"
        | "InvalidFormat"
        | "InvalidFormatFault" => ErrorCode::InvalidQuery,
        "InvalidNextToken" => ErrorCode::Expired,
        "ServiceUnavailable"
        | "InternalFailure"
        | "InternalService"
        | "InternalServiceFault"
        | "InternalServiceError"
        | "InternalServerError"
        | "InternalServer"
        | "OperationAborted" => ErrorCode::Unavailable,
        "UnknownOperation" | "Serialization" | "InvalidAction" => ErrorCode::Protocol,
        other if other.starts_with("InvalidParameter") => ErrorCode::InvalidQuery,
        _ => return None,
    })
}

fn hint(action: Action, kind: &str, code: ErrorCode) -> Option<String> {
    Some(match code {
        ErrorCode::NotFound => {
            "`cloudwatch.log_groups` lists the log groups of the account and region".to_owned()
        }
        ErrorCode::PermissionDenied => format!(
            "allow `{}` to the role or user of this connection",
            action.permission()
        ),
        ErrorCode::Unauthenticated if kind.contains("Expired") => {
            "renew the session (`aws sso login`, or whatever gave the token), then ask again"
                .to_owned()
        }
        ErrorCode::Unauthenticated if kind.contains("Signature") => {
            "check the secret key in `auth` of the connection, and this machine's clock: a signature is good for 5 minutes".to_owned()
        }
        ErrorCode::Unauthenticated => {
            "check `auth` of the connection; AWS does not know these credentials".to_owned()
        }
        ErrorCode::RateLimited if kind.contains("LimitExceeded") => {
            "wait until other Logs Insights queries of the account are done, or have its quota raised".to_owned()
        }
        ErrorCode::RateLimited => {
            "ask for less or later, or have the account's request rate raised; `limits` of the connection paces it".to_owned()
        }
        ErrorCode::Protocol => {
            "check `url` of the connection: it must be CloudWatch or speak its JSON protocol".to_owned()
        }
        ErrorCode::Expired => "run the query again".to_owned(),
        _ => return None,
    })
}

/// The error of an answer that is not the service's: HTML of a proxy, an empty body, half an answer. `what` says what is wrong
/// with it.
pub(crate) fn foreign(action: Action, head: &ResponseHead, what: &str) -> Error {
    let kind = http::header(head, "content-type").unwrap_or("no content type");
    let code = match head.status {
        // A 400 without a kind is somebody else's.
        200..=299 | 400 => ErrorCode::Protocol,
        status => code_of_status(status),
    };
    Error::new(
        code,
        format!(
            "expected CloudWatch's JSON answer to {}, got status {} and {kind}: {what}",
            action.name(),
            head.status
        ),
    )
    .with_status(head.status)
    .with_retry_after(http::retry_after_ms(head))
    .with_hint("check `url` and `proxy` of the connection: something else seems to answer there")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(kind: Option<&str>) -> ResponseHead {
        ResponseHead {
            status: 400,
            headers: kind
                .map(|kind| (TYPE_HEADER.to_owned(), kind.to_owned()))
                .into_iter()
                .collect(),
        }
    }

    #[test]
    fn the_kind_is_found_wherever_it_stands() {
        for (header, body) in [
            (None, r#"{"__type":"ThrottlingException"}"#),
            (
                None,
                r#"{"__type":"com.amazonaws.logs#ThrottlingException","message":"x"}"#,
            ),
            (Some("ThrottlingException"), "{}"),
            (
                Some("ThrottlingException:http://internal.amazon.com/coral/"),
                "",
            ),
        ] {
            let error = read(Action::FilterLogEvents, &head(header), body);
            assert_eq!(error.code, ErrorCode::RateLimited, "{body}");
            assert!(
                error.message.contains("(ThrottlingException)"),
                "{}",
                error.message
            );
        }
        let error = read(Action::FilterLogEvents, &head(None), "{}");
        assert_eq!(error.code, ErrorCode::Protocol);
    }

    #[test]
    fn words_are_bounded() {
        let body = format!(
            r#"{{"__type":"ValidationException","message":"{}"}}"#,
            "é".repeat(5_000)
        );
        let error = read(Action::ListMetrics, &head(None), &body);
        assert_eq!(error.message.matches('é').count(), MAX_WORDS);
    }
}
