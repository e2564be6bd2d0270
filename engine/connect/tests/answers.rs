//! Answers that never change: kept on disk once they were read whole, and given without a request.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::path::PathBuf;
use std::sync::Arc;

use support::cluster::Cluster;
use support::{Reply, Server, approval, get, ok, raw, read_head, request, text};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use trawl_connect::{AnswerStore, Approval, Endpoint, EndpointOptions, ErrorKind, Method, Request};
use trawl_fleet::{
    Auth, EndpointSpec, HeaderValue, HttpSpec, Impersonation, KubernetesSpec, Limits, SecretRef,
};

fn immutable(body: &str) -> Reply {
    ok(body)
        .with("cache-control", "public, immutable")
        .with("vary", "Accept")
}

/// An endpoint that keeps its answers in this folder.
fn keeping(folder: &TempDir, spec: EndpointSpec, approval: Approval) -> Endpoint {
    let answers = AnswerStore::open(folder.path().join("answers"));
    assert!(answers.is_some());
    let options = EndpointOptions {
        answers,
        ..EndpointOptions::default()
    };
    Endpoint::with(spec, approval, options)
}

fn http(url: String) -> HttpSpec {
    HttpSpec {
        url,
        ..HttpSpec::default()
    }
}

fn document(accept: &str, hash: &str) -> Request {
    let mut asked = get("/api/v3");
    asked.query = vec![("hash".into(), hash.into())];
    asked.headers = vec![("Accept".into(), accept.into())];
    asked
}

fn entries(folder: &TempDir) -> Vec<PathBuf> {
    std::fs::read_dir(folder.path().join("answers"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect()
}

#[tokio::test]
async fn an_immutable_answer_is_asked_for_once_by_all_processes() {
    let cluster = Cluster::start(false, |seen| immutable(&seen.target).with("etag", "e")).await;
    let folder = tempfile::tempdir().unwrap();
    let spec = EndpointSpec::Kubernetes(KubernetesSpec {
        kubeconfig: vec![cluster.kubeconfig("{token: hunter2}")],
        ..KubernetesSpec::default()
    });
    for (round, from_disk) in [(1, false), (2, true), (3, true)] {
        // A new endpoint each time, as another process has it.
        let endpoint = keeping(&folder, spec.clone(), approval());
        let response = endpoint
            .send(document("application/json", "1"))
            .await
            .unwrap();
        assert_eq!(
            (response.status, response.from_disk),
            (200, from_disk),
            "{round}"
        );
        let mut names: Vec<&str> = response.headers.iter().map(|(n, _)| n.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["content-type", "etag"]);
        assert_eq!(text(response).await, "/prefix/api/v3?hash=1");
    }
    assert_eq!(cluster.server.seen().len(), 1);
    // Another query or another representation is another answer.
    let endpoint = keeping(&folder, spec.clone(), approval());
    for asked in [
        document("application/json", "2"),
        document("text/plain", "1"),
    ] {
        let response = endpoint.send(asked).await.unwrap();
        assert!(!response.from_disk);
        text(response).await;
    }
    assert_eq!(entries(&folder).len(), 3);
    for entry in entries(&folder) {
        let bytes = std::fs::read(entry).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("hunter2"));
    }
}

#[tokio::test]
async fn a_kept_answer_passes_every_check_that_a_request_does() {
    let server = Server::start(|_| immutable("x").with("etag", "e")).await;
    let folder = tempfile::tempdir().unwrap();
    let spec = EndpointSpec::Http(http(server.url()));
    let asked = document("a", "1");
    text(
        keeping(&folder, spec.clone(), approval())
            .send(asked.clone())
            .await
            .unwrap(),
    )
    .await;
    let refused = keeping(&folder, spec.clone(), Approval::default());
    let error = refused.send(asked.clone()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::PermissionDenied);
    let narrow = Approval {
        response_headers: Vec::new(),
        ..approval()
    };
    let response = keeping(&folder, spec, narrow)
        .send(asked.clone())
        .await
        .unwrap();
    assert!(response.from_disk);
    assert!(response.headers.iter().all(|(name, _)| name != "etag"));
    let small = HttpSpec {
        limits: Limits {
            max_body_bytes: Some(0),
            ..Limits::default()
        },
        ..http(server.url())
    };
    let mut response = keeping(&folder, EndpointSpec::Http(small), approval())
        .send(asked)
        .await
        .unwrap();
    let error = response.chunk().await.unwrap_err();
    assert!(error.message.contains("limit of 0 bytes"), "{error}");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn another_user_another_server_and_a_configured_header_share_nothing() {
    let server = Server::start(|_| immutable("x")).await;
    let other = Server::start(|_| immutable("y")).await;
    let folder = tempfile::tempdir().unwrap();
    let user = |name: &str, password: &str| Auth::Basic {
        username: name.to_owned(),
        password: SecretRef::Inline(password.to_owned()),
    };
    let tenant = HttpSpec {
        headers: vec![("x-tenant".to_owned(), HeaderValue::Plain("a".to_owned()))],
        ..http(server.url())
    };
    let with = |auth| HttpSpec {
        auth,
        ..http(server.url())
    };
    for (spec, from_disk) in [
        (http(server.url()), false),
        (http(server.url()), true),
        (http(other.url()), false),
        (with(user("a", "1")), false),
        (with(user("b", "1")), false),
        // A changed password is the same user.
        (with(user("a", "2")), true),
        (tenant.clone(), false),
        (tenant, false),
    ] {
        let shown = format!("{spec:?}");
        let endpoint = keeping(&folder, EndpointSpec::Http(spec), approval());
        let response = endpoint.send(document("a", "1")).await.unwrap();
        assert_eq!(response.from_disk, from_disk, "{shown}");
        text(response).await;
    }
}

#[tokio::test]
async fn what_is_not_immutable_or_not_read_whole_is_not_kept() {
    let server = Server::start(|seen| match seen.target.as_str() {
        "/api/cookie" => immutable("x").with("set-cookie", "a=b"),
        "/api/vary" => immutable("x").with("vary", "Authorization"),
        "/api/plain" => ok("x").with("cache-control", "public, max-age=60"),
        "/api/missing" => Reply {
            status: 404,
            ..immutable("x")
        },
        _ => immutable("x"),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let endpoint = keeping(&folder, EndpointSpec::Http(http(server.url())), approval());
    for path in ["/api/cookie", "/api/vary", "/api/plain", "/api/missing"] {
        text(endpoint.send(get(path)).await.unwrap()).await;
    }
    text(
        endpoint
            .send(request(Method::Post, "/api/post"))
            .await
            .unwrap(),
    )
    .await;
    text(
        endpoint
            .send(request(Method::Head, "/api/head"))
            .await
            .unwrap(),
    )
    .await;
    // Dropped in the middle.
    let mut response = endpoint.send(get("/api/dropped")).await.unwrap();
    assert!(response.chunk().await.unwrap().is_some());
    drop(response);
    let cut = raw(|_, mut stream| async move {
        read_head(&mut stream).await;
        let answer =
            b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\ncache-control: immutable\r\n\r\ncut";
        stream.write_all(answer).await.unwrap();
    })
    .await;
    let endpoint = keeping(
        &folder,
        EndpointSpec::Http(http(format!("http://{cut}"))),
        approval(),
    );
    let mut response = endpoint.send(get("/api/cut")).await.unwrap();
    assert!(response.chunk().await.unwrap().is_some());
    assert!(response.chunk().await.is_err());
    assert_eq!(entries(&folder), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_broken_entry_is_dropped_and_asked_for_again() {
    let server = Server::start(|_| immutable("whole")).await;
    let folder = tempfile::tempdir().unwrap();
    let endpoint = keeping(&folder, EndpointSpec::Http(http(server.url())), approval());
    text(endpoint.send(get("/api/x")).await.unwrap()).await;
    let [entry] = entries(&folder).try_into().unwrap();
    let mut bytes = std::fs::read(&entry).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&entry, bytes).unwrap();
    for from_disk in [false, true] {
        let response = endpoint.send(get("/api/x")).await.unwrap();
        assert_eq!(response.from_disk, from_disk);
        assert_eq!(text(response).await, "whole");
    }
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn an_answer_to_one_caller_is_not_another_ones() {
    let cluster = Cluster::start(false, |seen| {
        immutable(seen.header("impersonate-user").unwrap_or_default())
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let spec = EndpointSpec::Kubernetes(KubernetesSpec {
        kubeconfig: vec![cluster.kubeconfig("{token: hunter2}")],
        impersonate: true,
        ..KubernetesSpec::default()
    });
    for (user, from_disk) in [("jane", false), ("joe", false), ("jane", true)] {
        let caller = Arc::new(Impersonation::new(user, &[]).unwrap());
        let endpoint = keeping(&folder, spec.clone(), approval()).for_caller(&caller);
        let response = endpoint
            .send(document("application/json", "1"))
            .await
            .unwrap();
        assert_eq!(response.from_disk, from_disk, "{user}");
        assert_eq!(text(response).await, user);
    }
    // Somebody has no name: what others were given is not for it.
    let nobody = keeping(&folder, spec, approval());
    let error = nobody.send(document("application/json", "1")).await;
    assert_eq!(error.unwrap_err().kind, ErrorKind::PermissionDenied);
}
