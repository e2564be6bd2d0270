//! Packed bodies: when they are asked for, that they are unpacked, and what comes packed otherwise.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use support::cluster::{Cluster, base64};
use support::{Server, approval, get, ok, text};
use trawl_connect::{Endpoint, EndpointOptions, ErrorKind};
use trawl_fleet::{EndpointSpec, HttpSpec, KubernetesSpec};

/// 100,000 zeros, gzipped.
const PACKED: &[u8] = include_bytes!("support/zeros.gz");

fn packing(spec: EndpointSpec, compression: Option<bool>) -> Endpoint {
    let options = EndpointOptions {
        compression,
        ..EndpointOptions::default()
    };
    Endpoint::with(spec, approval(), options)
}

fn http(server: &Server) -> EndpointSpec {
    EndpointSpec::Http(HttpSpec {
        url: server.url(),
        ..HttpSpec::default()
    })
}

/// Packs for those who ask.
fn reply(seen: &support::Seen) -> support::Reply {
    match seen.header("accept-encoding") {
        Some("gzip") => ok(PACKED).with("content-encoding", "gzip"),
        Some("identity") => ok(vec![0; 100_000]),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn bodies_are_asked_for_packed_beyond_loopback_and_unpacked_here() {
    let server = Server::start(reply).await;
    let cluster = Cluster::start(false, reply).await;
    let entry = |more: &str| {
        let ca = base64(&cluster.authority.pem());
        let url = cluster.server.tls_url();
        let entry = format!("{{server: '{url}', certificate-authority-data: {ca}{more}}}");
        EndpointSpec::Kubernetes(KubernetesSpec {
            kubeconfig: vec![cluster.write(&format!("config{}", more.len()), &entry, "{}")],
            ..KubernetesSpec::default()
        })
    };
    let never = ", disable-compression: true";
    for (spec, compression, sent) in [
        (http(&server), None, "identity"),
        (http(&server), Some(true), "gzip"),
        (entry(""), None, "identity"),
        (entry(""), Some(true), "gzip"),
        (entry(never), None, "identity"),
        (entry(never), Some(true), "gzip"),
    ] {
        let shown = format!("{spec:?} {compression:?}");
        let endpoint = packing(spec, compression);
        let mut response = endpoint.send(get("/api/x")).await.unwrap();
        let mut length = 0;
        while let Some(piece) = response.chunk().await.unwrap() {
            assert!(piece.iter().all(|byte| *byte == 0));
            length += piece.len();
        }
        assert_eq!(length, 100_000, "{shown}");
        let seen = [server.seen(), cluster.server.seen()].concat();
        assert!(
            seen.iter()
                .any(|seen| seen.header("accept-encoding") == Some(sent)),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn a_body_behind_a_proxy_is_asked_for_packed() {
    let proxy = Server::start(reply).await;
    let spec = HttpSpec {
        url: "http://localhost:9090".to_owned(),
        proxy: Some(proxy.url()),
        ..HttpSpec::default()
    };
    let endpoint = packing(EndpointSpec::Http(spec), None);
    let response = endpoint.send(get("/api/x")).await.unwrap();
    assert_eq!(text(response).await.len(), 100_000);
    assert_eq!(proxy.seen()[0].header("accept-encoding"), Some("gzip"));
}

#[tokio::test]
async fn a_body_that_is_packed_without_asking_is_unpacked_or_refused() {
    let server = Server::start(|seen| {
        let encoding = seen.target.rsplit('/').next().unwrap().to_owned();
        ok(PACKED).with("content-encoding", encoding)
    })
    .await;
    let endpoint = support::at(server.url());
    let response = endpoint.send(get("/api/gzip")).await.unwrap();
    assert_eq!(text(response).await.len(), 100_000);
    let error = endpoint.send(get("/api/br")).await.unwrap_err();
    assert_eq!(
        (error.kind, error.http_status),
        (ErrorKind::Protocol, Some(200))
    );
    assert!(
        error
            .message
            .contains("is encoded as br, which was not asked for"),
        "{error}"
    );
}

#[tokio::test]
async fn a_packed_body_that_is_cut_is_an_error_and_not_an_end() {
    let half = &PACKED[..PACKED.len() / 2];
    let server = Server::start(move |_| ok(half).with("content-encoding", "gzip")).await;
    let mut response = packing(http(&server), Some(true))
        .send(get("/api/x"))
        .await
        .unwrap();
    let error = loop {
        match response.chunk().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the body was cut without a word"),
            Err(error) => break error,
        }
    };
    assert!(error.message.contains("bytes of the body"), "{error}");
}
