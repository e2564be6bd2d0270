//! How many connections an endpoint makes: those it has are used again.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};

use support::cluster::{Cluster, context};
use support::{Reply, Server, at, get, ok, status, text};

/// As many pages as a list may have.
const PAGES: usize = 20;

#[tokio::test]
async fn pages_that_follow_each_other_go_over_one_tls_connection() {
    let cluster = Cluster::start(false, |_| ok(vec![b'x'; 100_000])).await;
    let endpoint = context(&cluster.kubeconfig("{token: t}"), None);
    for _ in 0..PAGES {
        let response = endpoint.send(get("/api/v1/pods")).await.unwrap();
        assert_eq!(text(response).await.len(), 100_000);
    }
    assert_eq!(cluster.server.seen().len(), PAGES);
    assert_eq!(cluster.server.connections(), 1);
}

#[tokio::test]
async fn a_page_that_is_read_ahead_needs_a_second_connection_and_no_third() {
    let cluster = Cluster::start(false, |_| ok(vec![b'x'; 100_000])).await;
    let endpoint = context(&cluster.kubeconfig("{token: t}"), None);
    let mut page = endpoint.send(get("/api/v1/pods")).await.unwrap();
    for _ in 0..PAGES {
        // The head of the next page is here before the body of this one was read.
        let next = endpoint.send(get("/api/v1/pods")).await.unwrap();
        assert_eq!(text(page).await.len(), 100_000);
        page = next;
    }
    assert_eq!(cluster.server.connections(), 2);
}

#[tokio::test]
async fn an_http_endpoint_keeps_its_connection_too() {
    let server = Server::start(|_| ok("x")).await;
    let endpoint = at(server.url());
    for _ in 0..PAGES {
        text(endpoint.send(get("/api/x")).await.unwrap()).await;
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn an_answer_that_only_says_later_gives_its_connection_back() {
    let count = AtomicUsize::new(0);
    let cluster = Cluster::start(false, move |_| {
        match count.fetch_add(1, Ordering::SeqCst) % 3 {
            2 => ok("done"),
            _ => Reply {
                body: b"Too many requests, please try again later.\n".to_vec(),
                ..status(429)
            }
            .with("retry-after", "0"),
        }
    })
    .await;
    let endpoint = context(&cluster.kubeconfig("{token: t}"), None);
    for _ in 0..3 {
        let response = endpoint.send(get("/api/v1/pods")).await.unwrap();
        assert_eq!(text(response).await, "done");
    }
    assert_eq!(cluster.server.seen().len(), 9);
    assert_eq!(cluster.server.connections(), 1);
}
