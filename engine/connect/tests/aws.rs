//! AWS endpoints: what is signed, what AWS's refusals lead to, and the pace.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use support::aws::{approval, ask, endpoint, endpoint_with, fault, keys, logs};
use support::{Server, ok, status, text};
use trawl_connect::{AwsShared, Endpoint, ErrorKind};
use trawl_fleet::{AwsAuth, AwsSpec, EndpointSpec, HeaderValue, SecretRef};

/// An endpoint with the key `AKIA` at this server.
fn with_key(server: &Server, folder: &tempfile::TempDir) -> AwsSpec {
    AwsSpec {
        auth: keys(folder.path(), "AKIA"),
        ..logs(server.url())
    }
}

#[tokio::test]
async fn a_request_is_signed_by_the_host_and_by_nobody_else() {
    let server = Server::start(|_| ok("{}")).await;
    let folder = tempfile::tempdir().unwrap();
    let headers = vec![("x-tenant".to_owned(), HeaderValue::Plain("t".to_owned()))];
    let spec = AwsSpec {
        headers,
        ..with_key(&server, &folder)
    };
    let mut asked = ask("FilterLogEvents");
    for name in [
        "Authorization",
        "X-Amz-Date",
        "X-Amz-Security-Token",
        "X-Amz-Content-Sha256",
        "Host",
    ] {
        asked.headers.push((name.to_owned(), "forged".to_owned()));
    }
    let endpoint = endpoint(spec);
    endpoint.send(asked).await.unwrap();
    let seen = server.seen().pop().unwrap();
    let authorization = seen.header("authorization").unwrap();
    assert!(
        authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIA/"),
        "{authorization}"
    );
    assert!(authorization.contains(
        "/eu-central-1/logs/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
    ));
    assert_eq!(
        seen.header("x-amz-target"),
        Some("Logs_20140328.FilterLogEvents")
    );
    assert_eq!(seen.header("x-tenant"), Some("t"));
    assert_eq!(
        seen.header("host"),
        Some(server.address.to_string().as_str())
    );
    assert!(
        seen.headers.iter().all(|(_, value)| value != "forged"),
        "{seen:?}"
    );
    let shown = format!("{endpoint:?} {:?}", AwsShared::default());
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[tokio::test]
async fn what_is_not_approved_is_refused_before_a_credential_is_looked_for() {
    let spec = AwsSpec {
        auth: AwsAuth::Keys {
            access_key_id: "AKIA".to_owned(),
            secret_access_key: SecretRef::File("/nonexistent/secret".into()),
            session_token: None,
        },
        ..logs("http://127.0.0.1:1".to_owned())
    };
    for (action, kind) in [
        ("DeleteLogGroup", ErrorKind::PermissionDenied),
        ("FilterLogEvents", ErrorKind::Unauthenticated),
    ] {
        let error = endpoint(spec.clone()).send(ask(action)).await.unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
    }
}

#[tokio::test]
async fn a_place_that_is_none_is_told_when_it_is_needed() {
    for (region, words) in [
        (None, "no region: expected `region`"),
        (Some("evil.example/"), "is no region of AWS"),
    ] {
        let spec = AwsSpec {
            region: region.map(str::to_owned),
            ..AwsSpec::default().of_service("logs")
        };
        let error = endpoint(spec)
            .send(ask("FilterLogEvents"))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::InvalidConfig);
        assert!(error.message.contains(words), "{error}");
    }
    let spec = EndpointSpec::Aws(AwsSpec {
        region: Some("eu-central-1".to_owned()),
        ..AwsSpec::default().of_service("logs")
    });
    let described = Endpoint::new(spec, approval()).describe();
    assert_eq!(described, "https://logs.eu-central-1.amazonaws.com");
}

#[tokio::test]
async fn the_guest_reads_errors_of_its_own_requests() {
    let server = Server::start(|_| fault(400, "ResourceNotFoundException", "no such group")).await;
    let folder = tempfile::tempdir().unwrap();
    let response = endpoint(with_key(&server, &folder))
        .send(ask("FilterLogEvents"))
        .await
        .unwrap();
    assert_eq!(response.status, 400);
    assert!(text(response).await.contains("no such group"));
    assert_eq!(server.seen().len(), 1);
}

/// A server whose first `throttles` answers are this one.
async fn busy(throttles: usize, reply: fn() -> support::Reply) -> Server {
    let count = Arc::new(AtomicUsize::new(0));
    Server::start(move |_| {
        if count.fetch_add(1, Ordering::SeqCst) < throttles {
            reply()
        } else {
            ok("{}")
        }
    })
    .await
}

#[tokio::test]
async fn a_throttle_is_waited_out() {
    let folder = tempfile::tempdir().unwrap();
    let throttles: [fn() -> support::Reply; 4] = [
        || fault(400, "ThrottlingException", "Rate exceeded"),
        || fault(400, "com.amazonaws.cloudwatch#Throttling", "Rate exceeded"),
        || status(429),
        || fault(503, "ServiceUnavailable", ""),
    ];
    for reply in throttles {
        let server = busy(2, reply).await;
        let endpoint = endpoint(with_key(&server, &folder));
        let response = endpoint.send(ask("FilterLogEvents")).await.unwrap();
        assert_eq!(response.status, 200);
        let seen = server.seen();
        assert_eq!(seen.len(), 3);
        assert!(
            seen.iter()
                .all(|seen| seen.header("authorization").is_some())
        );
    }
}

#[tokio::test]
async fn a_throttle_that_does_not_end_is_told_inside_the_deadline() {
    let server = Server::start(|_| fault(400, "ThrottlingException", "Rate exceeded")).await;
    let folder = tempfile::tempdir().unwrap();
    let mut asked = ask("FilterLogEvents");
    asked.timeout = Some(Duration::from_secs(1));
    let error = endpoint(with_key(&server, &folder))
        .send(asked)
        .await
        .unwrap_err();
    // Whether its time ends in a pause or while an answer is on the way.
    assert_eq!(error.kind, ErrorKind::RateLimited, "{error}");
    assert_eq!(error.http_status, Some(400));
    assert!(error.message.contains("AWS throttled it "), "{error}");
    assert!(
        error
            .message
            .contains("(ThrottlingException: Rate exceeded)"),
        "{error}"
    );
}

#[tokio::test]
async fn a_wrong_secret_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["SignatureDoesNotMatch", "UnrecognizedClientException"] {
        let server = Server::start(move |_| fault(403, name, "Check your key")).await;
        let error = endpoint(with_key(&server, &folder))
            .send(ask("StartQuery"))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unauthenticated);
        assert!(
            error.message.contains(&format!("({name}: Check your key)")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn what_may_have_begun_a_billed_query_is_not_sent_twice() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|_| fault(503, "ServiceUnavailable", "")).await;
    let endpoint = endpoint(with_key(&server, &folder));
    let response = endpoint.send(ask("StartQuery")).await.unwrap();
    assert_eq!((response.status, server.seen().len()), (503, 1));
}

#[tokio::test]
async fn a_wrong_clock_is_called_one() {
    let folder = tempfile::tempdir().unwrap();
    for (name, date, words) in [
        (
            "RequestTimeTooSkewed",
            None,
            "the clock of this machine differs from AWS's",
        ),
        (
            "SignatureDoesNotMatch",
            Some("Wed, 21 Oct 2015 07:28:00 GMT"),
            " h ahead of AWS's",
        ),
        (
            "InvalidSignatureException",
            Some("Wed, 21 Oct 2099 07:28:00 GMT"),
            " h behind AWS's",
        ),
    ] {
        let server = Server::start(move |_| {
            let reply = fault(403, name, "Signature expired");
            match date {
                Some(date) => reply.with("date", date),
                None => reply,
            }
        })
        .await;
        let endpoint = endpoint(with_key(&server, &folder));
        let error = endpoint.send(ask("FilterLogEvents")).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unauthenticated);
        assert!(error.message.contains(words), "{error}");
        assert!(error.hint.unwrap().contains("set the clock"));
    }
}

#[tokio::test]
async fn above_its_rate_a_request_waits_and_is_refused_where_it_cannot() {
    let server = Server::start(|_| ok("{}")).await;
    let folder = tempfile::tempdir().unwrap();
    let shared = AwsShared::default();
    // Two connections of one account: AWS counts them together.
    let both = [(); 2].map(|()| endpoint_with(with_key(&server, &folder), &shared));
    let asked = (0..40).map(|number: usize| {
        let mut asked = ask("FilterLogEvents");
        // Enough for the first five and some turns of a fifth of a second, not for forty.
        asked.timeout = Some(Duration::from_secs(1));
        both[number % 2].send(asked)
    });
    let outcomes = futures::future::join_all(asked).await;
    let told = outcomes
        .iter()
        .filter_map(|outcome| outcome.as_ref().err())
        .find(|error| error.kind == ErrorKind::RateLimited)
        .unwrap();
    assert!(
        told.message
            .contains("AWS allows an account 5 FilterLogEvents a second"),
        "{told}"
    );
    assert!(server.seen().len() < 40);
    // An action without a rate does not wait.
    for _ in 0..20 {
        both[0].send(ask("DescribeLogGroups")).await.unwrap();
    }
}
