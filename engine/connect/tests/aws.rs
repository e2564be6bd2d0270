//! AWS endpoints: what is signed, what AWS's refusals lead to, roles, and the pace.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use support::aws::{
    approval, ask, assumed, endpoint, endpoint_with, fault, keys, logs, signer, signers,
};
use support::{Server, ok, status, text};
use trawl_connect::{AwsShared, Endpoint, ErrorKind};
use trawl_fleet::{AwsAuth, AwsRole, AwsSpec, EndpointSpec, HeaderValue, SecretRef};

const FAR: &str = "2099-01-01T00:00:00Z";

/// An endpoint with the key `AKIA` at this server.
fn with_key(server: &Server, folder: &tempfile::TempDir) -> AwsSpec {
    AwsSpec {
        auth: keys(folder.path(), "AKIA"),
        ..logs(server.url())
    }
}

fn with_role(server: &Server, folder: &tempfile::TempDir) -> AwsSpec {
    AwsSpec {
        role: Some(AwsRole {
            arn: "arn:aws:iam::222:role/reader".to_owned(),
            external_id: Some("ex/1".to_owned()),
        }),
        ..with_key(server, folder)
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
async fn a_role_is_assumed_once_for_all_endpoints() {
    let server = Server::start(|seen| match seen.header("x-amz-target") {
        Some(_) => ok("{}"),
        None => assumed(seen, "ASIA1", FAR),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let shared = AwsShared::default();
    let spec = with_role(&server, &folder);
    let both = [spec.clone().of_service("monitoring"), spec].map(|s| endpoint_with(s, &shared));
    for endpoint in &both {
        for _ in 0..2 {
            endpoint.send(ask("FilterLogEvents")).await.unwrap();
        }
    }
    assert_eq!(signers(&server), ["ASIA1"; 4]);
    let seen = server.seen();
    let asked: Vec<_> = seen
        .iter()
        .filter(|s| s.header("x-amz-target").is_none())
        .collect();
    assert_eq!(asked.len(), 1, "one for all");
    assert_eq!(
        signer(asked[0]),
        "AKIA",
        "the role is assumed by who we are without it"
    );
    for part in [
        "Action=AssumeRole",
        "reader",
        "ExternalId=ex%2F1",
        "RoleSessionName=trawl",
    ] {
        assert!(asked[0].body.contains(part), "{part}: {}", asked[0].body);
    }
    let last = seen.last().unwrap();
    assert_eq!(last.header("x-amz-security-token"), Some("t0ken"));
}

#[tokio::test]
async fn an_expired_credential_is_replaced_once() {
    for always in [false, true] {
        let roles = AtomicUsize::new(0);
        let server = Server::start(move |seen| {
            if seen.header("x-amz-target").is_none() {
                let number = roles.fetch_add(1, Ordering::SeqCst);
                return assumed(seen, &format!("ASIA{number}"), FAR);
            }
            if always || signer(seen) == "ASIA0" {
                // AWS quotes the token in some of its refusals.
                return fault(400, "ExpiredTokenException", "the token t0ken is expired");
            }
            ok("{}")
        })
        .await;
        let folder = tempfile::tempdir().unwrap();
        let endpoint = endpoint(with_role(&server, &folder));
        let outcome = endpoint.send(ask("FilterLogEvents")).await;
        assert_eq!(signers(&server), ["ASIA0", "ASIA1"]);
        let Err(error) = outcome else {
            assert!(!always);
            continue;
        };
        assert!(always);
        assert_eq!(error.kind, ErrorKind::Unauthenticated);
        let words = "AWS does not take this credential (ExpiredTokenException: the token (redacted) is expired)";
        assert!(error.message.contains(words), "{error}");
    }
}

#[tokio::test]
async fn a_role_is_assumed_again_before_it_ends() {
    let roles = AtomicUsize::new(0);
    let server = Server::start(move |seen| {
        if seen.header("x-amz-target").is_some() {
            return ok("{}");
        }
        let number = roles.fetch_add(1, Ordering::SeqCst);
        // Ended already, as it looks where a clock is off: it is used for a while all the same.
        assumed(seen, &format!("ASIA{number}"), "2020-01-01T00:00:00Z")
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let endpoint = endpoint(with_role(&server, &folder));
    for _ in 0..2 {
        endpoint.send(ask("FilterLogEvents")).await.unwrap();
    }
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(60)).await;
    tokio::time::resume();
    endpoint.send(ask("FilterLogEvents")).await.unwrap();
    assert_eq!(signers(&server), ["ASIA0", "ASIA0", "ASIA1"]);
}

#[tokio::test]
async fn a_refused_role_is_told_in_the_words_of_sts() {
    let server = Server::start(|_| support::Reply {
        body: b"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User u is not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>".to_vec(),
        ..status(403)
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let endpoint = endpoint(with_role(&server, &folder));
    for _ in 0..3 {
        let error = endpoint.send(ask("FilterLogEvents")).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unauthenticated);
        for part in [
            "the role arn:aws:iam::222:role/reader through the AWS key AKIA",
            "answered 403: AccessDenied: User u is not authorized to perform: sts:AssumeRole",
        ] {
            assert!(error.message.contains(part), "{error}");
        }
        assert!(!error.message.contains("hunter2"));
    }
    assert_eq!(
        server.seen().len(),
        1,
        "who waits for the same is told the same"
    );
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
