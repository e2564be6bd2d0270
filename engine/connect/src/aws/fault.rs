//! What AWS says is wrong: it tells an expired credential, a wrong clock and a throttle apart by words, not by status.

use std::time::Duration;

use http::StatusCode;
use http::header::{DATE, HeaderMap};
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::error::{Error, ErrorKind};

/// Of AWS's words in a message of ours.
const MAX_FAULT_CHARACTERS: usize = 300;
/// What AWS tolerates ("the request timestamp must be within five minutes").
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(5 * 60);

/// Refused credentials: another may help.
const CREDENTIAL_CODES: &[&str] = &[
    "ExpiredToken",
    "ExpiredTokenException",
    "TokenRefreshRequired",
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
];
/// Turned away at the door: AWS's SDKs hold the same for throttles.
const THROTTLE_CODES: &[&str] = &[
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "BandwidthLimitExceeded",
    "SlowDown",
];
/// Refused signatures: the key is wrong, or the clock.
const SIGNATURE_CODES: &[&str] = &[
    "RequestTimeTooSkewed",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "IncompleteSignature",
];

/// What follows from a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FaultClass {
    /// Another credential may help.
    Credential,
    /// Turned away at the door, whatever it asked for: asking later helps.
    Throttled,
    /// Asking later may help; it may also have begun.
    Unavailable,
    /// The secret key is not the one that AWS knows.
    Signature,
    /// This machine's clock differs from AWS's by this much; positive: it is ahead.
    Clock(Option<i64>),
    /// The guest's to tell.
    Other,
}

/// An error of AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) class: FaultClass,
    /// Such as `ThrottlingException`; empty where AWS names none.
    pub(crate) code: String,
    /// The first line of AWS's words, cut.
    pub(crate) words: String,
}

impl Fault {
    /// Reads an error's head and the beginning of its body.
    pub(crate) fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Fault {
        let (code, words) = code_and_words(headers, body);
        let class = if CREDENTIAL_CODES.contains(&code.as_str()) {
            FaultClass::Credential
        } else if THROTTLE_CODES.contains(&code.as_str()) || status == StatusCode::TOO_MANY_REQUESTS
        {
            FaultClass::Throttled
        } else if status == StatusCode::SERVICE_UNAVAILABLE {
            FaultClass::Unavailable
        } else if SIGNATURE_CODES.contains(&code.as_str()) {
            match (clock_difference(headers), code.as_str()) {
                (Some(seconds), _) if seconds.unsigned_abs() > MAX_CLOCK_SKEW.as_secs() => {
                    FaultClass::Clock(Some(seconds))
                }
                (_, "RequestTimeTooSkewed") => FaultClass::Clock(None),
                _ => FaultClass::Signature,
            }
        } else {
            FaultClass::Other
        };
        Fault { class, code, words }
    }
}

impl Fault {
    /// Whether it may be over when the same is asked again.
    pub(crate) fn may_pass(&self, repeatable: bool) -> bool {
        match self.class {
            FaultClass::Throttled => true,
            FaultClass::Unavailable => repeatable,
            _ => false,
        }
    }

    /// Whether it is about who asks or how often, which is not the guest's.
    pub(crate) fn is_ours(&self) -> bool {
        !matches!(self.class, FaultClass::Other | FaultClass::Unavailable)
    }

    /// What the caller is told where it ends with this fault, after so many others like it.
    pub(crate) fn error(&self, status: StatusCode, tries: u32) -> Error {
        let error = match self.class {
            FaultClass::Clock(difference) => {
                let wrong = match difference {
                    Some(ahead) if ahead > 0 => format!("is {} ahead of AWS's", minutes(ahead)),
                    Some(behind) => format!("is {} behind AWS's", minutes(behind)),
                    None => "differs from AWS's".to_owned(),
                };
                Error::new(
                    ErrorKind::Unauthenticated,
                    format!(
                        "the clock of this machine {wrong}, and AWS takes signatures of the last five minutes only ({self})"
                    ),
                )
                .hint("set the clock: `timedatectl set-ntp true`, or restart the virtual machine")
            }
            FaultClass::Credential | FaultClass::Signature => Error::new(
                ErrorKind::Unauthenticated,
                format!("AWS does not take this credential ({self})"),
            )
            .hint("log in again (`aws sso login`), or check `auth` and `region` of the connection with `aws sts get-caller-identity`"),
            FaultClass::Unavailable | FaultClass::Other => Error::new(
                ErrorKind::Unavailable,
                format!("AWS cannot answer it now ({self})"),
            ),
            FaultClass::Throttled => Error::new(
                ErrorKind::RateLimited,
                format!(
                    "AWS throttled it {} times, and no more were left or fitted the deadline ({self})",
                    u64::from(tries).saturating_add(1)
                ),
            )
            .hint("others use up this account's rate: ask for less at once, or give the query more time"),
        };
        error.status(status.as_u16())
    }
}

/// A difference of clocks for messages.
fn minutes(seconds: i64) -> String {
    let minutes = seconds.unsigned_abs() / 60;
    if minutes < 120 {
        format!("{minutes} min")
    } else {
        format!("{} h", minutes / 60)
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.code.as_str(), self.words.as_str()) {
            ("", "") => formatter.write_str("no reason given"),
            (code, "") => formatter.write_str(code),
            ("", words) => formatter.write_str(words),
            (code, words) => write!(formatter, "{code}: {words}"),
        }
    }
}

/// The error of AWS's JSON protocols, and of its credential endpoints.
#[derive(Deserialize, Default)]
struct JsonFault {
    #[serde(rename = "__type")]
    kind: Option<String>,
    #[serde(alias = "Code")]
    code: Option<String>,
    #[serde(alias = "Message", alias = "error_description")]
    message: Option<String>,
}

fn code_and_words(headers: &HeaderMap, body: &[u8]) -> (String, String) {
    let named = headers
        .get("x-amzn-errortype")
        .and_then(|value| value.to_str().ok());
    let text = String::from_utf8_lossy(body);
    let (code, words) = match serde_json::from_slice::<JsonFault>(body) {
        Ok(fault) => (fault.kind.or(fault.code), fault.message),
        Err(_) => (element(&text, "Code"), element(&text, "Message")),
    };
    let code = named.map(str::to_owned).or(code).unwrap_or_default();
    // `com.amazon.coral.service#ExpiredTokenException`, `ThrottlingException:http://…`
    let code = code.rsplit('#').next().unwrap_or_default();
    let code = code.split(':').next().unwrap_or_default().trim();
    (
        cut(code),
        cut(words.unwrap_or_default().lines().next().unwrap_or_default()),
    )
}

/// The text of an element of the XML that AWS's query protocol answers; it nests none of this name.
fn element(text: &str, name: &str) -> Option<String> {
    let (_, after) = text.split_once(&format!("<{name}>"))?;
    let (inner, _) = after.split_once(&format!("</{name}>"))?;
    Some(inner.to_owned())
}

fn cut(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(MAX_FAULT_CHARACTERS)
        .collect()
}

/// Seconds that this machine's clock is ahead of the one that answered.
fn clock_difference(headers: &HeaderMap) -> Option<i64> {
    let date = headers.get(DATE)?.to_str().ok()?;
    let theirs = OffsetDateTime::parse(date, &Rfc2822).ok()?;
    Some((OffsetDateTime::now_utc() - theirs).whole_seconds())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn read(status: u16, body: &str) -> Fault {
        let status = StatusCode::from_u16(status).unwrap();
        Fault::read(status, &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn faults_are_told_apart_by_their_words() {
        use FaultClass::{Clock, Credential, Other, Signature, Throttled, Unavailable};
        for (status, body, class, shown) in [
            (
                400,
                r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#,
                Throttled,
                "ThrottlingException: Rate exceeded",
            ),
            (
                400,
                r#"{"__type":"com.amazonaws.cloudwatch#Throttling","Message":"Rate exceeded"}"#,
                Throttled,
                "Throttling: Rate exceeded",
            ),
            (
                400,
                r#"{"__type":"RequestLimitExceeded"}"#,
                Throttled,
                "RequestLimitExceeded",
            ),
            (429, "", Throttled, "no reason given"),
            (
                503,
                r#"{"__type":"ServiceUnavailable"}"#,
                Unavailable,
                "ServiceUnavailable",
            ),
            (
                503,
                "<Error><Code>SlowDown</Code></Error>",
                Throttled,
                "SlowDown",
            ),
            (
                400,
                r#"{"__type":"ExpiredTokenException","message":"The security token included in the request is expired"}"#,
                Credential,
                "ExpiredTokenException: The security token included in the request is expired",
            ),
            (
                403,
                "<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>no</Message></Error></ErrorResponse>",
                Credential,
                "InvalidClientTokenId: no",
            ),
            (
                400,
                r#"{"__type":"UnrecognizedClientException"}"#,
                Credential,
                "UnrecognizedClientException",
            ),
            (
                403,
                r#"{"__type":"RequestTimeTooSkewed"}"#,
                Clock(None),
                "RequestTimeTooSkewed",
            ),
            (
                403,
                r#"{"__type":"SignatureDoesNotMatch","message":"first\nsecond"}"#,
                Signature,
                "SignatureDoesNotMatch: first",
            ),
            (
                400,
                r#"{"__type":"ResourceNotFoundException","message":"no group"}"#,
                Other,
                "ResourceNotFoundException: no group",
            ),
            (500, "<html>oops</html>", Other, "no reason given"),
            (400, r#"{"__type":5}"#, Other, "no reason given"),
        ] {
            let fault = read(status, body);
            assert_eq!(
                (fault.class, fault.to_string().as_str()),
                (class, shown),
                "{body}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_server_answers_is_a_fault(
            status in 400_u16..600,
            body in proptest::collection::vec(proptest::num::u8::ANY, 0..400),
            text in "(<Code>|</Code>|\\{\"__type\":|[\"}<>:#]|.){0,40}",
        ) {
            for body in [body, text.into_bytes()] {
                let status = StatusCode::from_u16(status).unwrap();
                let fault = Fault::read(status, &HeaderMap::new(), &body);
                assert!(fault.words.chars().count() <= MAX_FAULT_CHARACTERS);
                assert!(!fault.error(status, 0).message.contains('\n'));
            }
        }
    }

    #[test]
    fn the_header_names_the_fault_before_the_body_does() {
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_static("ExpiredTokenException:http://internal.amazon.com/");
        headers.insert("x-amzn-errortype", value);
        let fault = Fault::read(StatusCode::BAD_REQUEST, &headers, b"{}");
        assert_eq!(fault.class, FaultClass::Credential);
    }

    #[test]
    fn a_date_far_away_makes_a_wrong_signature_a_wrong_clock() {
        for (minutes, expected) in [(12, true), (-12, true), (2, false)] {
            let theirs = OffsetDateTime::now_utc() - time::Duration::minutes(minutes);
            let mut headers = HeaderMap::new();
            let date = theirs.format(&Rfc2822).unwrap().replace("+0000", "GMT");
            headers.insert(DATE, HeaderValue::from_str(&date).unwrap());
            let body = br#"{"__type":"InvalidSignatureException"}"#;
            match Fault::read(StatusCode::BAD_REQUEST, &headers, body).class {
                FaultClass::Clock(Some(seconds)) => {
                    assert!(expected && (seconds - minutes * 60).abs() < 60, "{seconds}");
                }
                class => assert!(!expected, "{minutes}: {class:?}"),
            }
        }
    }
}
