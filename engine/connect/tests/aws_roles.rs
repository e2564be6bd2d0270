//! Roles that are assumed for AWS endpoints: by whom, how often, over which way, and what is told where it fails.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use support::aws::{ask, assumed, endpoint, endpoint_with, fault, keys, logs, signer, signers};
use support::{Authority, Server, ok, status};
use trawl_connect::{AwsShared, ErrorKind};
use trawl_fleet::{AwsRole, AwsSpec, Tls};

const FAR: &str = "2099-01-01T00:00:00Z";

fn with_role(server: &Server, folder: &tempfile::TempDir) -> AwsSpec {
    AwsSpec {
        role: Some(AwsRole {
            arn: "arn:aws:iam::222:role/reader".to_owned(),
            external_id: Some("ex/1".to_owned()),
        }),
        auth: keys(folder.path(), "AKIA"),
        ..logs(server.url())
    }
}

#[tokio::test]
async fn a_role_is_assumed_once_for_all_endpoints() {
    let server = Server::start(logs_and_sts).await;
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
    assert_eq!(
        last.header("x-amz-security-token"),
        Some("t0ken-of-a-session")
    );
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
                return fault(
                    400,
                    "ExpiredTokenException",
                    "the token t0ken-of-a-session is expired",
                );
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
        let words = "AWS does not take this credential (ExpiredTokenException: the token ****************** is expired)";
        assert!(error.message.contains(words), "{error}");
    }
}

/// CloudWatch Logs and STS in one.
fn logs_and_sts(seen: &support::Seen) -> support::Reply {
    match seen.header("x-amz-target") {
        Some(_) => ok("{}"),
        None => assumed(seen, "ASIA1", FAR),
    }
}

#[tokio::test]
async fn the_connections_proxy_carries_requests_for_credentials_too() {
    let proxy = Server::start(logs_and_sts).await;
    let folder = tempfile::tempdir().unwrap();
    let spec = AwsSpec {
        url: Some("http://logs.invalid".to_owned()),
        sts_url: Some("http://sts.invalid".to_owned()),
        proxy: Some(proxy.url()),
        ..with_role(&proxy, &folder)
    };
    endpoint(spec).send(ask("FilterLogEvents")).await.unwrap();
    let seen = proxy.seen();
    let hosts: Vec<_> = seen.iter().map(|seen| seen.header("host")).collect();
    assert_eq!(hosts, [Some("sts.invalid"), Some("logs.invalid")]);
}

#[tokio::test]
async fn the_connections_ca_is_who_is_trusted_for_both() {
    let authority = Authority::new("private");
    let server = Server::start_tls(authority.server(false), logs_and_sts).await;
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, authority.pem()).unwrap();
    let spec = AwsSpec {
        url: Some(server.tls_url()),
        sts_url: Some(server.tls_url()),
        ..with_role(&server, &folder)
    };
    let trusting = AwsSpec {
        tls: Tls {
            ca_file: Some(ca),
            ..Tls::default()
        },
        ..spec.clone()
    };
    let sent = endpoint(trusting).send(ask("FilterLogEvents")).await;
    assert_eq!(sent.unwrap().status, 200);
    assert_eq!(server.seen().len(), 2);
    // STS is asked first, and is nobody that this machine trusts.
    let error = endpoint(spec)
        .send(ask("FilterLogEvents"))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unauthenticated, "{error}");
    let words = "the role arn:aws:iam::222:role/reader through the AWS key AKIA: localhost: ";
    assert!(error.message.contains(words), "{error}");
    assert!(error.message.contains("certificate"), "{error}");
    assert_eq!(server.seen().len(), 2);
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
