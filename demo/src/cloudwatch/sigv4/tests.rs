//! The example of AWS's documentation of Signature Version 4, and what is refused.

use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::*;

/// The instant of AWS's examples.
const DATE: &str = "20150830T123600Z";
const NOW_S: i64 = 1_440_938_160;

fn credentials() -> Credentials {
    Credentials {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
    }
}

fn call(headers: &[(&str, &str)], body: &'static str) -> Call {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        map.append(name, HeaderValue::from_str(value).unwrap());
    }
    Call {
        method: Method::POST,
        path: "/".to_owned(),
        query: Vec::new(),
        headers: map,
        body: body.as_bytes().into(),
        certified: false,
    }
}

fn authorization(scope: &str, signature: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, SignedHeaders=host;x-amz-date, Signature={signature}"
    )
}

const SCOPE: &str = "20150830/us-east-1/logs/aws4_request";

/// The refusal of a request, as text.
fn refused(headers: &[(&str, &str)], now_s: i64) -> String {
    let call = call(headers, "");
    let refusal = check(&call, &credentials(), "us-east-1", Service::Logs, now_s).unwrap_err();
    let reply = refusal.reply(Service::Logs);
    assert_eq!(reply.status, 403);
    reply.value().to_string()
}

#[test]
fn the_steps_are_those_of_the_documentation() {
    // From "Signature Version 4 signing process": the key derived for 20150830/us-east-1/iam.
    let mut key = b"AWS4wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_vec();
    for part in ["20150830", "us-east-1", "iam", "aws4_request"] {
        key = hmac(&key, part.as_bytes());
    }
    assert_eq!(
        hex(&key),
        "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"
    );
    let to_sign = "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/iam/aws4_request\n\
                   f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59";
    let signature = hex(&hmac(&key, to_sign.as_bytes()));
    assert_eq!(
        signature,
        "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    );
    // And the canonical request that this digest is of.
    let mut call = call(
        &[
            (
                "content-type",
                "application/x-www-form-urlencoded; charset=utf-8",
            ),
            ("host", "iam.amazonaws.com"),
            ("x-amz-date", DATE),
        ],
        "",
    );
    call.method = Method::GET;
    call.query = vec![
        ("Version".to_owned(), "2010-05-08".to_owned()),
        ("Action".to_owned(), "ListUsers".to_owned()),
    ];
    let signed = ["content-type", "host", "x-amz-date"];
    let canonical = canonical_request(&call, &signed, "content-type;host;x-amz-date");
    let digest = hex(&Sha256::digest(canonical.as_bytes()));
    assert_eq!(
        digest,
        "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59"
    );
}

#[test]
fn what_botocore_signed_is_accepted_and_nothing_else() {
    // Recorded from botocore's SigV4Auth with these credentials.
    let authorization = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261121/us-east-1/logs/aws4_request, \
                         SignedHeaders=content-type;host;x-amz-date;x-amz-target, \
                         Signature=9447050081537437799ba0d2fa4a0f2957556d36ad6203deb2a3bb1ec65c2499";
    let headers = [
        ("x-amz-target", "Logs_20140328.DescribeLogStreams"),
        ("content-type", "application/x-amz-json-1.1"),
        ("host", "127.0.0.1:4566"),
        ("x-amz-date", "20261121T081640Z"),
        ("authorization", authorization),
    ];
    let body = r#"{"logGroupName":"/aws/x"}"#;
    let checked = |call: &Call, region: &str, service: Service| {
        check(call, &credentials(), region, service, 1_795_249_000).is_ok()
    };
    let good = call(&headers, body);
    assert!(checked(&good, "us-east-1", Service::Logs));
    assert!(!checked(&good, "us-east-2", Service::Logs));
    assert!(!checked(&good, "us-east-1", Service::Monitoring));
    let mut other = good.clone();
    other.body = b"{}".as_slice().into();
    assert!(!checked(&other, "us-east-1", Service::Logs));
    let mut other = good;
    other.headers.insert(
        "x-amz-target",
        HeaderValue::from_static("Logs_20140328.StartQuery"),
    );
    assert!(!checked(&other, "us-east-1", Service::Logs));
}

#[test]
fn what_is_wrong_is_said() {
    let wrong = authorization(SCOPE, &"0".repeat(64));
    let elsewhere = authorization("20150830/eu-west-1/logs/aws4_request", "x");
    let other = wrong.replace("AKIDEXAMPLE", "AKIDOTHER");
    let without_host = wrong.replace("host;", "");
    for (authorization, now_s, needle) in [
        (None, NOW_S, "MissingAuthenticationToken"),
        (
            Some(wrong.as_str()),
            NOW_S,
            "does not match the signature you provided",
        ),
        (Some(&wrong), NOW_S + 901, "Signature not current"),
        (Some(&elsewhere), NOW_S, "should be scoped to"),
        (Some(&other), NOW_S, "UnrecognizedClientException"),
        (
            Some(&without_host),
            NOW_S,
            "'host' must be a 'SignedHeader'",
        ),
        (Some("Bearer x"), NOW_S, "IncompleteSignature"),
        (
            Some("AWS4-HMAC-SHA256 Credential=x"),
            NOW_S,
            "KEY/DATE/REGION",
        ),
    ] {
        let mut headers = vec![("host", "logs"), ("x-amz-date", DATE)];
        if let Some(authorization) = authorization {
            headers.push(("authorization", authorization));
        }
        let message = refused(&headers, now_s);
        assert!(message.contains(needle), "{message}");
    }
    let message = refused(&[("host", "logs"), ("authorization", &wrong)], NOW_S);
    assert!(message.contains("ISO-8601"), "{message}");
}
