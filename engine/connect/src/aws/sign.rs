//! Signature Version 4 on one request: method, path, query, host, the content's type and digest, and the action.
//! Headers that a proxy may change are not signed.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use crate::error::{Error, ErrorKind};

/// What a signature is made of, beside the credential.
pub(crate) struct Signable<'a> {
    pub(crate) method: &'a str,
    /// The whole URL, encoded as it will be sent.
    pub(crate) url: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
}

/// The headers that carry the signature; marked so that no layer below prints them.
///
/// # Errors
/// The credential holds what a header cannot carry.
pub(crate) fn signature(
    request: &Signable<'_>,
    credentials: &Credentials,
    now: SystemTime,
) -> Result<Vec<(HeaderName, HeaderValue)>, Error> {
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(request.region)
        .name(request.service)
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .map_err(|_| unsigned())?
        .into();
    let signed = request.headers.iter().filter_map(|(name, value)| {
        let is_signed = name == CONTENT_TYPE || name.as_str().starts_with("x-amz-");
        Some((name.as_str(), value.to_str().ok().filter(|_| is_signed)?))
    });
    let signable = SignableRequest::new(
        request.method,
        request.url,
        signed,
        SignableBody::Bytes(request.body),
    )
    .map_err(|_| unsigned())?;
    let (instructions, _) = sign(signable, &params)
        .map_err(|_| unsigned())?
        .into_parts();
    let (headers, _) = instructions.into_parts();
    headers
        .into_iter()
        .map(|header| {
            let mut value = HeaderValue::from_str(header.value()).map_err(|_| unsigned())?;
            value.set_sensitive(true);
            Ok((HeaderName::from_static(header.name()), value))
        })
        .collect()
}

/// The request itself was checked and encoded, which leaves the credential.
fn unsigned() -> Error {
    Error::new(
        ErrorKind::InvalidConfig,
        "the request cannot be signed: the AWS credential holds a character that a header cannot carry",
    )
    .hint("look for a line break in the key or in the token")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    /// The `Authorization` of a request at 2015-08-30T12:36:00Z with AWS's example credential.
    fn authorization(
        (method, url): (&str, &str),
        headers: &[(&'static str, &'static str)],
        body: &str,
        (region, service): (&str, &str),
        token: Option<&str>,
    ) -> String {
        let credentials = Credentials::new(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            token.map(str::to_owned),
            None,
            "test",
        );
        let headers = headers
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect();
        let request = Signable {
            method,
            url,
            headers: &headers,
            body: body.as_bytes(),
            region,
            service,
        };
        let now = UNIX_EPOCH + Duration::from_secs(1_440_938_160);
        let signed = signature(&request, &credentials, now).unwrap();
        let of = |name: &str| signed.iter().find(|(found, _)| found == name);
        assert_eq!(of("x-amz-date").unwrap().1, "20150830T123600Z");
        assert_eq!(
            of("x-amz-security-token").map(|(_, value)| value.to_str().unwrap()),
            token
        );
        assert!(signed.iter().all(|(_, value)| value.is_sensitive()));
        of("authorization").unwrap().1.to_str().unwrap().to_owned()
    }

    fn expected(scope: &str, headers: &str, signature: &str) -> String {
        format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/{scope}/aws4_request, SignedHeaders={headers}, Signature={signature}"
        )
    }

    #[test]
    fn the_vectors_that_aws_publishes() {
        // AWS' Signature Version 4 test suite: get-vanilla and post-vanilla, get-vanilla-query-order-key-case.
        for (line, signature) in [
            (
                ("GET", "https://example.amazonaws.com/"),
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                ("POST", "https://example.amazonaws.com/"),
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
            (
                (
                    "GET",
                    "https://example.amazonaws.com/?Param2=value2&Param1=value1",
                ),
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
        ] {
            assert_eq!(
                authorization(line, &[], "", ("us-east-1", "service"), None),
                expected("us-east-1/service", "host;x-amz-date", signature),
                "{line:?}"
            );
        }
    }
    #[test]
    fn a_credential_with_a_line_break_is_told_and_not_quoted() {
        let headers = HeaderMap::new();
        let request = Signable {
            method: "POST",
            url: "https://logs.eu-central-1.amazonaws.com/",
            headers: &headers,
            body: b"",
            region: "eu-central-1",
            service: "logs",
        };
        let token = Some("hunter2\nx".to_owned());
        let broken = Credentials::new("AKIDEXAMPLE", "s", token, None, "test");
        let error = signature(&request, &broken, UNIX_EPOCH).unwrap_err();
        assert_eq!(error.kind, ErrorKind::InvalidConfig);
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }

    #[test]
    fn a_request_for_logs_is_signed_with_its_action_and_body() {
        // Computed with Python's hmac and hashlib from AWS's description of the algorithm.
        let headers = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "Logs_20140328.FilterLogEvents"),
            ("user-agent", "trawl/x"),
            ("accept-encoding", "gzip"),
        ];
        let aws = "https://logs.ap-southeast-1.amazonaws.com/";
        for (url, token, signature) in [
            (
                aws,
                None,
                "14d24ddcd62cdc563f281178c688116c8af34ccfb0490a42172451358c516c4a",
            ),
            (
                aws,
                Some("TOKEN/+="),
                "3f1c6deb197f7d98cc1cb354cdf5cd2f145766a0a3424a438b9fba6c9d58e09c",
            ),
            (
                "http://127.0.0.1:5000/",
                None,
                "b53a40a46bedca31f1ef3f9062dae7354457c5049409e8b265d07bd8e15e350c",
            ),
        ] {
            let body = r#"{"logGroupName":"/eks/prod","limit":1}"#;
            let scope = ("ap-southeast-1", "logs");
            let token_header = token.map_or("", |_| "x-amz-security-token;");
            assert_eq!(
                authorization(("POST", url), &headers, body, scope, token),
                expected(
                    "ap-southeast-1/logs",
                    &format!("content-type;host;x-amz-date;{token_header}x-amz-target"),
                    signature
                ),
                "{url} {token:?}"
            );
        }
    }
}
