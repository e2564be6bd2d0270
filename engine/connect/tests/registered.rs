//! Endpoints that came over HTTP: judged at each connect, never redirected, never quoted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod support;

use std::collections::BTreeMap;

use serde_json::Map;
use support::cluster::{Cluster, base64};
use support::{Reply, approval, ok, request};
use trawl_connect::{Endpoint, EndpointOptions, Error, ErrorKind, Method};
use trawl_fleet::{Accepted, EndpointSpec, Guard, HttpSpec, KubernetesSpec, Registered, Request};

/// An endpoint of what a request with this kubeconfig registers.
fn registered(kubeconfig: &str, guard: &Guard) -> Endpoint {
    let (tags, connections) = (BTreeMap::new(), Map::new());
    let request = Request {
        name: "a",
        region: None,
        environment: None,
        account: None,
        tags: &tags,
        kubeconfig,
        context: None,
        connections: &connections,
    };
    let accepted = Accepted::of(&request, &["kube"]).unwrap();
    let server = accepted.credentials.api_server(guard);
    of(Registered::At(Box::new(server)))
}

fn of(registered: Registered) -> Endpoint {
    let spec = EndpointSpec::Kubernetes(KubernetesSpec {
        registered: Some(registered),
        ..KubernetesSpec::default()
    });
    Endpoint::with(spec, approval(), EndpointOptions::default())
}

fn http(url: String, guard: Guard) -> Endpoint {
    support::endpoint(HttpSpec {
        url,
        guard: Some(guard),
        ..HttpSpec::default()
    })
}

fn loopback() -> Guard {
    Guard::allowing(["127.0.0.0/8", "::1/128"]).unwrap()
}

async fn get(endpoint: &Endpoint) -> Result<(u16, String), Error> {
    let mut response = endpoint.send(request(Method::Get, "api/v1/pods")).await?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
    }
    Ok((response.status, String::from_utf8(body).unwrap()))
}

#[tokio::test]
async fn an_api_server_is_reached_with_inline_certificates_and_a_token() {
    let cluster = Cluster::start(false, |seen| {
        ok(seen.header("authorization").unwrap_or_default())
    })
    .await;
    let path = cluster.kubeconfig("{token: sesame}");
    let text = std::fs::read_to_string(path).unwrap();
    let answer = get(&registered(&text, &loopback())).await.unwrap();
    assert_eq!(answer, (200, "Bearer sesame".to_owned()));

    let cluster = Cluster::start(true, |_| ok("in")).await;
    let (certificate, key) = cluster.authority.issue(|_| {});
    let user = format!(
        "{{client-certificate-data: {}, client-key-data: {}}}",
        base64(&certificate),
        base64(&key)
    );
    let text = std::fs::read_to_string(cluster.kubeconfig(&user)).unwrap();
    let answer = get(&registered(&text, &loopback())).await.unwrap();
    assert_eq!(answer, (200, "in".to_owned()));
    // Without the certificate it is not.
    let text = std::fs::read_to_string(cluster.kubeconfig("{token: t}")).unwrap();
    assert!(get(&registered(&text, &loopback())).await.is_err());
}

#[tokio::test]
async fn a_refused_address_is_not_contacted_by_number_or_by_name() {
    let cluster = Cluster::start(false, |_| panic!("it was contacted")).await;
    let text = std::fs::read_to_string(cluster.kubeconfig("{token: sesame}")).unwrap();
    let port = cluster.server.address.port();
    for host in [
        "127.0.0.1",
        "localhost",
        "0x7f.1",
        "2130706433",
        "[::ffff:127.0.0.1]",
    ] {
        let url = format!("https://{host}:{port}");
        let text = text.replace(&cluster.server.tls_url(), &url);
        let error = get(&registered(&text, &Guard::default()))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::PermissionDenied, "{host}: {error}");
        assert!(
            error
                .message
                .contains("a loopback address, which is refused"),
            "{error}"
        );
        assert!(error.hint.unwrap().contains("--register-allow"), "{host}");
        let error = get(&http(format!("http://{host}:{port}"), Guard::default())).await;
        assert_eq!(
            error.unwrap_err().kind,
            ErrorKind::PermissionDenied,
            "{host}"
        );
    }
    assert_eq!(cluster.server.connections(), 0);
}

#[tokio::test]
async fn failures_are_told_without_words_of_the_remote() {
    const STATUS: &str = r#"{"kind": "Status", "reason": "Forbidden", "message": "PLANTED"}"#;
    for (status, body, expected) in [
        (
            403,
            STATUS,
            r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","reason":"Forbidden"}"#,
        ),
        (500, "PLANTED", ""),
        (404, "{\"error\": \"PLANTED\"}", ""),
    ] {
        let server = support::Server::start(move |_| Reply {
            body: body.into(),
            ..support::status(status)
        })
        .await;
        let answer = get(&http(server.url(), loopback())).await.unwrap();
        assert_eq!(answer, (status, expected.to_owned()));
    }
    let server = support::Server::start(|_| {
        support::status(302).with("location", "http://169.254.169.254/PLANTED")
    })
    .await;
    let error = get(&http(server.url(), loopback())).await.unwrap_err();
    assert!(
        error
            .message
            .contains("a redirect to elsewhere; redirects are not followed"),
        "{error}"
    );
}

#[tokio::test]
async fn sealed_credentials_fail_with_their_reason() {
    let endpoint = of(Registered::Sealed("its key is missing".to_owned()));
    let error = get(&endpoint).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidConfig);
    assert!(error.message.contains("its key is missing"), "{error}");
    assert_eq!(endpoint.describe(), "the registered cluster");
}
